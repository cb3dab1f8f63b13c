/**
 * Groups graph nodes into operations that one dispatch computes. Norm, residual addition and activation join the operation
 * before them if its kernels support that (`takes` of their family) and nothing else needs the value in between. Nodes that
 * the wanted outputs do not need are dropped.
 */
import type { Graph, GraphNode } from '../graph/types.ts';
import { NO_EPILOGUE, RELU, type TakesOf } from '../kernels/lib/epilogue.ts';
import type { Family } from '../kernels/lib/family.ts';
import type { FindGates, FusedOp } from '../kernels/lib/fused.ts';

export function fuseGraph(
  graph: Graph,
  wanted: ReadonlySet<string>,
  { takes, bendOf, findGates }: { takes?: TakesOf; bendOf?: Family['bendOf']; findGates?: FindGates } = {},
): FusedOp[] {
  const nodes = neededNodes(graph, wanted);
  const consumers = new Map<string, GraphNode[]>();
  for (const node of nodes) {
    for (const input of node.inputs) consumers.set(input, [...(consumers.get(input) ?? []), node]);
  }
  const position = new Map(nodes.map((node, i) => [node.name, i]));
  const place = (name: string): number => {
    const found = position.get(name);
    if (found === undefined) throw new Error(`the graph has no node ${name}`);
    return found;
  };
  const gates = findGates?.(nodes, (name) => consumers.get(name)?.length === 1 && !wanted.has(name));
  const taken = new Set([...(gates?.values() ?? [])].flatMap((gate) => gate.nodes));
  const ops: FusedOp[] = [];
  for (const node of nodes) {
    if (taken.has(node.name)) continue;
    const gate = gates?.get(node.name);
    const op: FusedOp = { node, gate, epilogue: NO_EPILOGUE, output: node.name, nodes: [...(gate?.nodes ?? []), node.name] };
    const kernels = takes?.[node.op] ?? {};
    /** The only reader of the value so far, unless the value itself is wanted. */
    const next = (): GraphNode | undefined => {
      const readers = consumers.get(op.output) ?? [];
      return readers.length === 1 && !wanted.has(op.output) ? readers[0] : undefined;
    };
    const absorb = (reader: GraphNode) => {
      taken.add(reader.name);
      op.output = reader.name;
      op.nodes.push(reader.name);
    };

    let reader = next();
    if (kernels.norm && (reader?.op === 'batch_norm' || reader?.op === 'scale')) {
      op.norm = reader;
      absorb(reader);
      reader = next();
    }
    if (kernels.residual && reader?.op === kernels.residual) {
      const other = reader.inputs.find((input) => input !== op.output);
      // The later of the two paths does the addition.
      const isDone = other !== undefined && place(other) < place(node.name);
      if (isDone && fits(nodes[place(other)], node)) {
        op.epilogue = { ...op.epilogue, residual: other };
        absorb(reader);
        reader = next();
      }
    }
    const bend = reader?.op === 'relu' ? RELU : reader && bendOf?.(reader);
    if (bend && reader && kernels.activation?.(bend)) {
      op.epilogue = { ...bend, residual: op.epilogue.residual };
      absorb(reader);
    }
    if (kernels.pooled && reader?.op === 'global_avg_pool') {
      op.pooled = true;
      absorb(reader);
    }
    ops.push(op);
  }
  return ops;
}

/** Whether a kernel can add it: a value of the same shape, or one row for all rows. */
function fits(other: GraphNode | undefined, { shape }: GraphNode): boolean {
  return (
    other !== undefined && shape.every((size, axis) => other.shape[axis] === size || (other.shape[axis] === 1 && axis === shape.length - 2))
  );
}

function neededNodes(graph: Graph, wanted: ReadonlySet<string>): GraphNode[] {
  const needed = new Set(wanted);
  for (const node of [...graph.nodes].reverse()) {
    if (needed.has(node.name)) for (const input of node.inputs) needed.add(input);
  }
  return graph.nodes.filter((node) => needed.has(node.name));
}
