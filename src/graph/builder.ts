/** Collects nodes into a graph. Nodes are made nowhere else, so shapes, parameter counts and costs are always present. */
import { ResnetError } from '../util/errors.ts';
import { LIMITS } from '../util/limits.ts';
import { formatGraph } from './format-graph.ts';
import { countMacs, inferShape } from './ops.ts';
import { product } from './shape.ts';
import type {
  Graph,
  GraphNode,
  GraphOutput,
  GraphStructure,
  OpAttributes,
  OpInputs,
  OpName,
  ParameterSpec,
  Shape,
  WeightRole,
} from './types.ts';

export type Weights = Partial<Record<WeightRole, Omit<ParameterSpec, 'key' | 'learnable'> & Partial<ParameterSpec>>>;

export class GraphBuilder {
  readonly #nodes = new Map<string, GraphNode>();
  readonly #outputs: GraphOutput[] = [];
  /** Set by the architecture while it builds. */
  readonly structure: GraphStructure = { trunk: 'resnet', avgDown: false };

  /**
   * Adds a node and returns its name. By default a weight's key is `<name>.<role>`, as for the norms and convolutions of
   * OpenMMLab.
   */
  add<Op extends OpName>(op: Op, name: string, inputs: OpInputs[Op], attributes: OpAttributes[Op], weights: Weights = {}): string {
    if (this.#nodes.has(name)) {
      throw new ResnetError('config', 'two layers have this name.', {
        layer: name,
        hint: 'This is a bug in the architecture file; please report it.',
      });
    }
    const shapes = inputs.map((input: string) => this.shape(input));
    const shape = inferShape[op](attributes, shapes, name);
    this.#check(name, shape);
    const specs: GraphNode['weights'] = {};
    let parameters = 0;
    for (const role of Object.keys(weights) as WeightRole[]) {
      const weight = weights[role];
      if (!weight) continue;
      const spec: ParameterSpec = { ...weight, key: weight.key ?? `${name}.${role}`, learnable: weight.learnable ?? true };
      specs[role] = spec;
      if (spec.learnable) parameters += product(spec.shape);
    }
    const macs = countMacs(op, attributes, shapes, shape);
    this.#nodes.set(name, { name, op, inputs, shape, attributes, weights: specs, parameters, macs } as GraphNode);
    return name;
  }

  /** Real networks have no layers of width 0, and none as wide as a forged configuration may say. */
  #check(layer: string, shape: Shape): void {
    if (!shape.every((size) => Number.isInteger(size) && size > 0 && size < 2 ** 31)) {
      const hint = 'Check the widths, ratios and groups of the configuration, and the size of the input.';
      throw new ResnetError('config', `its output would have the shape [${shape.join(', ')}].`, { layer, hint });
    }
    if (this.#nodes.size >= LIMITS.nodes) {
      const hint = 'Check depths, scales and branches of the configuration.';
      throw new ResnetError('config', `the network has more than ${LIMITS.nodes} operations.`, { layer, hint });
    }
  }

  shape(name: string): Shape {
    const node = this.#nodes.get(name);
    if (!node)
      throw new ResnetError('config', 'no layer of this name exists yet.', {
        layer: name,
        hint: 'This is a bug in the architecture file; please report it.',
      });
    return node.shape;
  }

  channels(name: string): number {
    return this.shape(name)[1] ?? 0;
  }

  output(output: GraphOutput): void {
    this.#outputs.push(output);
  }

  build(): Graph {
    const nodes = [...this.#nodes.values()];
    // Branches may share tensors. These count once.
    const learnable = new Map<string, number>();
    for (const node of nodes) {
      for (const spec of Object.values(node.weights)) if (spec.learnable) learnable.set(spec.key, product(spec.shape));
    }
    return {
      nodes,
      outputs: this.#outputs,
      structure: this.structure,
      parameters: [...learnable.values()].reduce((a, b) => a + b, 0),
      macs: nodes.reduce((total, node) => total + node.macs, 0),
      toString(): string {
        return formatGraph(this);
      },
    };
  }
}
