/**
 * Finds gates (dispatch.ts) in a graph: a small network after the mean of a map whose result scales that map. Its nodes join the
 * operation that does the scaling.
 */
import { nchw, size } from '../../graph/shape.ts';
import type { GraphNode, OpName } from '../../graph/types.ts';
import type { FindGates, Gate } from '../lib/fused.ts';
import type { DeviceProfile } from '../lib/kernel.ts';
import { type GateSize, gatePays } from './dispatch.ts';

/** The nodes of a gate, from its factors back to the map. */
const CHAIN: readonly { ops: readonly OpName[]; optional?: true }[] = [
  { ops: ['sigmoid', 'radix_softmax'] },
  { ops: ['conv2d'] },
  { ops: ['relu', 'silu'] },
  { ops: ['batch_norm'], optional: true },
  { ops: ['conv2d'] },
  { ops: ['global_avg_pool'] },
  { ops: ['radix_sum'], optional: true },
];

export function gateFinder(profile: DeviceProfile): FindGates {
  return (nodes, isPrivate) => {
    const byName = new Map(nodes.map((node) => [node.name, node]));
    const gates = new Map<string, Gate>();
    for (const node of nodes) {
      if (node.op !== 'mul' && node.op !== 'radix_apply') continue;
      const gate = gateOf(node, byName, isPrivate);
      if (gate && gatePays(sizeOf(node, gate), profile)) gates.set(node.name, gate);
    }
    return gates;
  };
}

function gateOf(
  { inputs: [map, factors], shape }: GraphNode<'mul' | 'radix_apply'>,
  byName: ReadonlyMap<string, GraphNode>,
  isPrivate: (name: string) => boolean,
): Gate | undefined {
  const nodes: GraphNode[] = [];
  let name: string | undefined = factors;
  for (const { ops, optional } of CHAIN) {
    const node: GraphNode | undefined = name === undefined ? undefined : byName.get(name);
    if (node && ops.includes(node.op) && isPrivate(node.name)) {
      nodes.unshift(node);
      name = node.inputs[0];
    } else if (!optional) return undefined;
  }
  const [squeeze, excite] = nodes.filter((node) => node.op === 'conv2d');
  const last = nodes.at(-1);
  if (name !== map || !squeeze || !excite || !isMatrix(squeeze) || !isMatrix(excite)) return undefined;
  const cardinals = last?.op === 'radix_softmax' ? last.attributes.groups : 1;
  // Rows are ordered by cardinal group. If a group does not end at a multiple of 4 channels, rows would have to be read one by one. And for
  // splits with odd widths, a gate packs weights differently than separate layers do, but a model only has those of one input size.
  if (last?.op === 'radix_softmax' && size(shape, 1) % (4 * cardinals) > 0) return undefined;
  const norm = nodes.find((node) => node.op === 'batch_norm');
  return { squeeze, norm, silu: nodes.some(({ op }) => op === 'silu'), excite, cardinals, nodes: nodes.map((node) => node.name) };
}

function isMatrix({ attributes: { kernel, padding, stride } }: GraphNode<'conv2d'>): boolean {
  return [...kernel, ...stride].every((side) => side === 1) && padding.every((side) => side === 0);
}

function sizeOf({ shape, op, attributes }: GraphNode<'mul' | 'radix_apply'>, { squeeze }: Gate): GateSize {
  const { n, c, h, w } = nchw(shape);
  return {
    n,
    pixels: h * w,
    groups: Math.ceil(c / 4),
    hidden: squeeze.attributes.outChannels,
    radix: op === 'radix_apply' ? attributes.radix : 1,
  };
}
