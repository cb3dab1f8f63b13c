/**
 * Reduces cases to what is needed to reach all paths of a kernel: more than one tile along channels and pixels, edges that do not fill
 * a tile, sums that end within a round. Kernels read widths and sizes as uniforms, so the pipeline stays the same. The caller checks that.
 */
import type { Preprocess } from '../../api/types.ts';
import { GraphBuilder, type Weights } from '../../graph/builder.ts';
import type { GraphNode, OpName, Shape, WeightRole } from '../../graph/types.ts';
import type { Case } from './plan-cases.ts';

/** Channels that are kept: one tile and a group of 4. */
export interface CutTo {
  channels: number;
  /** Channels that a convolution reads: one round of its sum, and a part of one. */
  read: number;
  /** Output channels of the first convolution. */
  first: number;
}

/** conv-serial has tiles of 32 channels and rounds of up to 16, stem-serial has tiles of 16. */
export const FOR_PROCESSORS: CutTo = { channels: 36, read: 20, first: 20 };
/** conv-tiled has tiles of up to 128 channels. Sums may be split into 16 parts of several rounds. */
export const FOR_GPUS: CutTo = { channels: 132, read: 132, first: 132 };

/** Pixels along the longer side of a convolution's output. The kernels for CPUs compute 448 in each workgroup. */
const SIDE = 22;
/** The same for the output of other operations. */
const OTHER_SIDE = 11;

/** linear.wgsl adds up 256 features in each round. This makes two rounds and a part. */
const FEATURES = 516;

/** These operations read channels as uniforms. With other operations in it, only the sides of the image are reduced. */
const CUT: ReadonlySet<OpName> = new Set<OpName>([
  'input',
  'conv2d',
  'deform_conv2d',
  'linear',
  'batch_norm',
  'relu',
  'add',
  'max_pool2d',
  'avg_pool2d',
  'global_avg_pool',
]);

/** The case with fewer channels and pixels. Undefined if it cannot be reduced, or if nothing would change. */
export function cutCase({ graph, output, layer }: Case, to: CutTo): Case | undefined {
  const shapes = graph.nodes.map(({ shape }) => shape);
  if (!graph.nodes.every(isCut)) return undefined;
  const features = graph.nodes.some(({ op }) => op === 'linear') ? Math.max(FEATURES, to.channels) : to.channels;
  const [, , height = 1, width = 1] = graph.nodes.find(({ name }) => name === output)?.shape ?? [];
  const side = graph.nodes.some(({ op }) => op === 'conv2d') ? SIDE : OTHER_SIDE;
  const part = Math.min(1, side / Math.max(height, width));
  const builder = new GraphBuilder();
  const fewer = new Map<string, Shape>();
  try {
    for (const node of graph.nodes) {
      if (node.op === 'input') {
        const [n = 1, c = 1, ...sides] = node.shape;
        const isConvolved = graph.nodes.every(({ op, inputs }) => op === 'conv2d' || !(inputs as string[]).includes(node.name));
        const shape = [n, Math.min(c, isConvolved ? to.read : features), ...sides.map((side) => Math.ceil(side * part))];
        builder.add('input', node.name, [], { shape });
      } else {
        addCut(builder, node, to);
      }
      fewer.set(node.name, builder.shape(node.name));
    }
  } catch {
    // Two branches no longer have the same size, because a side is odd somewhere.
    return undefined;
  }
  const isSame = graph.nodes.every(({ name }, i) => fewer.get(name)?.join() === shapes[i]?.join());
  return isSame ? undefined : { graph: { ...builder.build(), structure: graph.structure, outputs: [] }, output, layer };
}

type Conv = Extract<GraphNode, { op: 'conv2d' | 'deform_conv2d' }>;

const isConv = (node: GraphNode): node is Conv => node.op === 'conv2d' || node.op === 'deform_conv2d';

function isCut(node: GraphNode): boolean {
  // With groups that are convolved separately, the number of channels is not only a width.
  if (node.op === 'deform_conv2d' && node.attributes.deformGroups !== 1) return false;
  if (isConv(node)) return node.attributes.groups === 1 && node.attributes.standardize === undefined;
  return CUT.has(node.op);
}

function addCut(builder: GraphBuilder, node: GraphNode, { channels, first }: CutTo): void {
  const { name } = node;
  const before = node.inputs.map((input: string) => builder.channels(input))[0] ?? 0;
  const wide = node.shape[1] ?? 0;
  const after = isConv(node) || node.op === 'linear' ? Math.min(wide, before > 4 ? channels : first) : before;
  const weights: Weights = {};
  for (const [role, { source: _, shape, ...spec }] of Object.entries(node.weights) as [WeightRole, NonNullable<Weights[WeightRole]>][])
    weights[role] = { ...spec, shape: shape.length > 1 ? [after, before, ...shape.slice(2)] : [after] };
  const width = isConv(node) ? { outChannels: after } : node.op === 'linear' ? { outFeatures: after } : {};
  builder.add(node.op, name, node.inputs as never, { ...node.attributes, ...width } as never, weights);
}

/** The same passes for an image of about 30 pixels along its sides. */
export function cutImage(preprocess: Preprocess): Preprocess {
  const { resize, crop } = preprocess;
  const sizes = [resize?.size, crop].flatMap((size) => size ?? []);
  const part = Math.min(1, IMAGE_SIDE / Math.max(1, ...sizes));
  const less = (size: number) => Math.ceil(size * part);
  const cut = (size: number | [number, number]): number | [number, number] =>
    typeof size === 'number' ? less(size) : [less(size[0]), less(size[1])];
  return { ...preprocess, ...(resize && { resize: { ...resize, size: cut(resize.size) } }), ...(crop && { crop: cut(crop) }) };
}

const IMAGE_SIDE = 31;
