/**
 * Small cases for the pipelines of a plan. For each kind: the cheapest operation that uses it, alone, on a small map, with seeded
 * weights and inputs. No GPU.
 */
import type { Tensor } from '../../api/types.ts';
import { product } from '../../graph/shape.ts';
import type { Graph, GraphNode, ParameterSpec, WeightRole } from '../../graph/types.ts';
import type { Dispatch } from '../../kernels/lib/kernel.ts';
import { shaderText } from '../../kernels/lib/shaders.ts';
import type { Step } from '../../kernels/lib/step.ts';
import type { Plan } from '../../plan/types.ts';
import { Pace } from '../../util/pace.ts';
import { compute } from '../compute.ts';
import { seededInput } from '../seeded.ts';

/** One operation of a plan: the steps whose intermediate results no other step reads. */
export interface Unit {
  layer: string;
  /** Graph nodes that it computes. */
  nodes: readonly string[];
  dispatches: readonly Dispatch[];
  macs: number;
}

export interface Case {
  graph: Graph;
  /** The node to compare. */
  output: string;
  layer: string;
}

/** The text that identifies a pipeline. Dispatches of one kind share it. */
export function kindOf(dispatch: Dispatch): string {
  return `${dispatch.bindings.join()}\n${shaderText(dispatch)}`;
}

/** The kinds of a plan, with one dispatch for each. */
export function kindsOf({ steps, derived }: Pick<Plan, 'steps' | 'derived'>): Map<string, Dispatch> {
  return new Map([...steps, ...derived].map(({ dispatch }) => [kindOf(dispatch), dispatch]));
}

/** A short name for a kind, the same in every visit: two 32-bit hashes in the style of FNV-1a. */
export function hashOf(kind: string): string {
  let [a, b] = [0x811c9dc5, 0x9747b28c];
  for (let i = 0; i < kind.length; i++) {
    a = Math.imul(a ^ kind.charCodeAt(i), 0x01000193);
    b = Math.imul(b ^ kind.charCodeAt(i), 0x85ebca6b);
  }
  return (a >>> 0).toString(36) + (b >>> 0).toString(36);
}

export function unitsOf({ steps, derived }: Plan): Unit[] {
  const units: Unit[] = [];
  let open: Step[] = [];
  for (const step of steps) {
    open.push(step);
    if (step.nodes.length === 0) continue;
    const made = open.flatMap(({ operands }) => operands.flatMap((operand) => (operand.kind === 'derived' ? [operand.derived] : [])));
    units.push({
      layer: step.layer,
      nodes: step.nodes,
      dispatches: [...open.map(({ dispatch }) => dispatch), ...made.flatMap((i) => derived[i]?.dispatch ?? [])],
      macs: open.reduce((sum, { macs }) => sum + macs, 0),
    });
    open = [];
  }
  return units;
}

/** The operation alone. Values of other operations become inputs. */
export function caseOf(graph: Graph, { nodes: names, layer }: Pick<Unit, 'nodes' | 'layer'>): Case {
  const wanted = new Set(names);
  const own = graph.nodes.filter(({ name }) => wanted.has(name));
  const outside = new Set(own.flatMap(({ inputs }) => inputs.filter((name) => !wanted.has(name))));
  const inputs = graph.nodes.filter(({ name }) => outside.has(name)).map(asInput);
  return { graph: { ...graph, nodes: [...inputs, ...own], outputs: [] }, output: names.at(-1) ?? '', layer };
}

function asInput({ name, shape }: GraphNode): GraphNode {
  return { name, op: 'input', inputs: [], shape, attributes: { shape }, weights: {}, parameters: 0, macs: 0 } as GraphNode;
}

/** The inputs in the order of the graph's inputs, and the expected output. */
export interface Numbers {
  inputs: ReadonlyMap<string, Float32Array>;
  read: (key: string) => Promise<Float32Array>;
  /** Computed once per factor. @param factor that multiplies the inputs */
  expected: (factor?: number) => Promise<Float32Array>;
}

export function numbersOf({ graph, output }: Case): Numbers {
  const inputs = new Map<string, Float32Array>();
  const weights = new Map<string, Float32Array>();
  graph.nodes.forEach((node, i) => {
    if (node.op === 'input') inputs.set(node.name, seededInput(node.shape, 77 + i));
    for (const [role, spec] of Object.entries(node.weights) as [WeightRole, ParameterSpec][])
      weights.set(spec.key, weightsFor(node, role, spec));
  });
  const reference = async (factor: number) => {
    const values = new Map<string, Tensor>();
    const pace = new Pace();
    for (const node of graph.nodes) {
      if (pace.due) await pace.rest();
      const data = inputs.get(node.name)?.map((x) => x * factor);
      const own = Object.entries(node.weights).map(([role, { key }]) => [role, weights.get(key) ?? new Float32Array()]);
      const read = node.inputs.flatMap((name) => values.get(name) ?? []);
      values.set(node.name, data ? { data, shape: [...node.shape] } : compute(node, read, Object.fromEntries(own)));
    }
    return values.get(output)?.data ?? new Float32Array();
  };
  const known = new Map<number, Promise<Float32Array>>();
  const expected = (factor = 1) => {
    const result = known.get(factor) ?? reference(factor);
    known.set(factor, result);
    return result;
  };
  return { inputs, read: async (key) => weights.get(key) ?? new Float32Array(), expected };
}

/** Values that keep the output about as large as the input. Factors and variances are around 1, with a sign. */
function weightsFor(node: GraphNode, role: WeightRole, { shape }: ParameterSpec): Float32Array {
  const seed = [...`${node.name}.${role}`].reduce((hash, letter) => (Math.imul(hash, 31) + letter.charCodeAt(0)) | 0, 7) || 1;
  const noise = seededInput(shape, seed);
  if (role === 'p') return noise.map((x) => 3 + x / 4);
  if (role === 'running_var') return noise.map((x) => 1 + x / 4);
  if (role !== 'weight' || shape.length < 2) return noise.map((x) => (role === 'weight' || role === 'gamma' ? 1 + x / 4 : x / 4));
  const scale = 1 / Math.sqrt(product(shape.slice(1)));
  return noise.map((x) => x * scale);
}
