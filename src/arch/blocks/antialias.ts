/** In timm's anti-aliased networks (aa_layer), this layer has the stride instead of the 3x3 convolution before it. */
import type { Net } from '../layers.ts';

/** Adds `<path>.aa` after `x`. */
export function antialias(kind: 'blur' | 'avg') {
  return ({ b }: Net, x: string, path: string, stride: number): string =>
    kind === 'blur'
      ? b.add('blur_pool', `${path}.aa`, [x], { size: 3, stride })
      : b.add('avg_pool2d', `${path}.aa`, [x], {
          kernel: [stride, stride],
          stride: [stride, stride],
          padding: [0, 0],
          ceilMode: false,
          countIncludePad: true,
        });
}
