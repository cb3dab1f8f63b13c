/** A stage: a sequence of equal blocks. The first one changes stride and width. */
import type { Net } from './layers.ts';
import type { Block, Shortcut } from './place.ts';

export interface Stage {
  blocks: number;
  /** Stride of the first block. The others have stride 1. */
  stride: number;
  /** Dilation of the 3x3 convolutions. */
  dilation: number;
  /** Dilation of the first block if it differs. torchvision and timm use the dilation of the stage before. */
  firstDilation?: number;
  /** Output channels of each block. */
  out: number;
  block: Block;
  shortcut: Shortcut;
  /** Runs the stage once for each of these dilations with the same weights, and stacks the results on the batch axis (TridentNet). */
  branches?: number[];
}

/** `path` is the stage's layer path, such as `layer3`. */
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
