/** A stage: equal blocks in a row, of which the first changes stride and width. */
import type { Net } from './layers.ts';
import type { Shortcut } from './shortcut.ts';

export interface Stage {
  blocks: number;
  /** Stride of the first block; the others have 1. */
  stride: number;
  /** Dilation of the 3x3 convolutions. */
  dilation: number;
  /** Dilation of the first block where it differs: torchvision and timm keep the stage before's. */
  firstDilation?: number;
  /** Channels that each block gives. */
  out: number;
  block: Block;
  shortcut: Shortcut;
  /** Runs the stage once for each of these dilations on the same weights and stacks the results on the batch axis (TridentNet). */
  branches?: number[];
}

/** Where a block stands, and what the stage says about it. */
export interface Place {
  /** Layer path: `layer3.0` */
  path: string;
  /** First block of its stage. */
  first: boolean;
  out: number;
  stride: number;
  /** Of this block's first 3x3 convolution. */
  dilation: number;
  /** Of the stage. */
  stageDilation: number;
  /** Whether input and output differ in shape, so that the shortcut takes part. */
  projected: boolean;
  shortcut: Shortcut;
}

/** Adds the nodes of one block behind `x` and returns the last. */
export type Block = (net: Net, x: string, at: Place) => string;

/** `path` is the stage's layer path, `layer3`. */
export function buildStage(net: Net, x: string, path: string, stage: Stage): string {
  const { branches } = stage;
  if (!branches) return buildBlocks(net, x, path, stage);
  if (branches.length === 1) return buildBlocks(net, x, path, { ...stage, dilation: branches[0] ?? 1 });
  const outputs = branches.map((dilation, i) => {
    const branch = `.branch${i}.`;
    const shared: Net = { ...net, key: (name) => name.replace(branch, '.') };
    return buildBlocks(shared, x, `${path}${branch}`.slice(0, -1), { ...stage, dilation });
  });
  return net.b.add('concat_batch', `${path}.concat`, outputs, {});
}

function buildBlocks(net: Net, x: string, path: string, stage: Stage): string {
  const { blocks, dilation, firstDilation = dilation, out, shortcut } = stage;
  for (let i = 0; i < blocks; i++) {
    const first = i === 0;
    const stride = first ? stage.stride : 1;
    x = stage.block(net, x, {
      path: `${path}.${i}`,
      first,
      out,
      stride,
      dilation: first ? firstDilation : dilation,
      stageDilation: dilation,
      projected: stride !== 1 || net.b.channels(x) !== out,
      shortcut,
    });
  }
  return x;
}
