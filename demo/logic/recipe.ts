/** The preprocessing of a photo, in words. Pure. */
import type { ModelInfo } from '../library.ts';

type Recipe = ModelInfo['preprocess'];

const EDGES = { short: 'shorter side to', exact: 'to', cover: 'to cover', contain: 'to fit into' } as const;

/** Rows of term and description. */
export function recipeFacts(
  { resize, crop, cropRounding, mean, std, order, padDivisor }: Recipe,
  [height, width]: readonly [number, number],
): [string, string][] {
  const facts: [string, string][] = [['Input', `${size([height, width])} pixels`]];
  facts.push([
    'Resize',
    resize
      ? `${EDGES[resize.edge]} ${size(resize.size)}, ${resize.filter}${resize.kernel === 'pillow' ? '' : `, as ${KERNELS[resize.kernel]} does`}`
      : 'no',
  ]);
  facts.push([
    'Crop',
    crop === null || crop === undefined
      ? 'no'
      : `${size(crop)} from the middle${cropRounding === 'openmmlab' ? ', rounded as OpenMMLab does' : ''}`,
  ]);
  const colours = mean.length === 1 ? '' : order === 'bgr' ? ' (blue, green, red)' : '';
  facts.push(['Mean', `${mean.map(share).join(', ')}${colours}`], ['Deviation', std.map(share).join(', ')]);
  if (padDivisor !== undefined && padDivisor > 1) facts.push(['Padding', `to multiples of ${padDivisor}`]);
  return facts;
}

const KERNELS = { opencv: 'OpenCV', torch: 'PyTorch' } as const;

function size(pixels: number | readonly [number, number]): string {
  if (typeof pixels === 'number') return String(pixels);
  return `${pixels[1]} × ${pixels[0]}`;
}

/** From the levels 0..255 to the scale of papers and configurations: 0.485 for 123.675. */
function share(level: number): string {
  return String(Number((level / 255).toFixed(4)));
}
