/** SKNet's blocks as timm has them: https://arxiv.org/abs/1903.06586. Layers have the same names: `conv2.paths.0.conv`, `conv2.attn.fc_reduce`. */
import { LIMITS } from '../../util/limits.ts';
import { show } from '../../util/show.ts';
import type { Arguments } from '../arguments.ts';
import { activate, batchNorm, conv, type Net, normAt } from '../layers.ts';
import type { Block, Place } from '../place.ts';
import { join } from '../shortcut.ts';
import { makeDivisible } from './channel-attention.ts';
import type { Insert } from './insert.ts';

/** Adds the module under `path`. */
export type SelectiveKernel = (net: Net, x: string, path: string, out: number, o: { stride: number; dilation: number }) => string;

export interface SelectiveBlockOptions {
  basic: boolean;
  /** `sk_kwargs` of timm's blocks. */
  kernel: Arguments | undefined;
  mid: number;
  /** Channels of the first convolution. */
  first: number;
  groups: number;
  attention?: Insert;
  /** Takes over the stride, and runs after the activation (anti-aliasing). */
  antialias?: (net: Net, x: string, path: string, stride: number) => string;
}

export function selectiveBlock({ basic, kernel, mid, first, groups, attention, antialias }: SelectiveBlockOptions): Block {
  const selective = selectiveKernel(kernel, basic ? 1 : groups, antialias);
  const convNorm = (net: Net, x: string, path: string, out: number, size: number, dilation = 1) =>
    normAt(net, conv(net, x, `${path}.conv`, out, size, { dilation }), `${path}.bn`);
  return (net, x, at) => {
    const { path } = at;
    let y: string;
    if (basic) {
      y = selective(net, x, `${path}.conv1`, first, at);
      y = convNorm(net, y, `${path}.conv2`, at.out, 3, at.stageDilation);
    } else {
      y = activate(net, convNorm(net, x, `${path}.conv1`, first, 1), `${path}.relu1`);
      y = selective(net, y, `${path}.conv2`, mid, at);
      y = convNorm(net, y, `${path}.conv3`, at.out, 1);
    }
    if (attention) y = attention(net, y, at);
    return join(net, x, y, at);
  };
}

/** timm's SelectiveKernel, from its arguments: paths of several kernel sizes, weighted by attention over their pooled sum. */
export function selectiveKernel(a: Arguments | undefined, groups = 1, antialias?: SelectiveBlockOptions['antialias']): SelectiveKernel {
  const sizes = readSizes(a);
  const split = a?.boolean('split_input', true) ?? true;
  const keeps3x3 = a?.boolean('keep_3x3', true) ?? true;
  const ratio = a?.number('rd_ratio', 1 / 16, { min: 0, max: 16 }) ?? 1 / 16;
  const divisor = a?.integer('rd_divisor', 8) ?? 8;
  const squeezed = a?.read('rd_channels') === undefined ? undefined : a.integer('rd_channels');
  a?.done();
  return (net, x, path, out, { stride, dilation }) => {
    const { b } = net;
    const radix = sizes.length;
    const part = b.channels(x) / radix;
    const pooled = antialias !== undefined && stride > 1;
    const paths = sizes.map((size, i) => {
      const at = `${path}.paths.${i}`;
      const y = split ? b.add('slice', `${at}.split`, [x], { start: i * part, length: part }) : x;
      // A larger kernel is a dilated 3x3.
      const window = keeps3x3 ? { kernel: 3, dilation: (dilation * (size - 1)) / 2 } : { kernel: size, dilation };
      const o = { stride: pooled ? 1 : stride, dilation: window.dilation, groups: Math.min(out, groups) };
      const z = activate(net, normAt(net, conv(net, y, `${at}.conv`, out, window.kernel, o), `${at}.bn`), `${at}.relu`);
      return pooled ? antialias(net, z, at, stride) : z;
    });
    const y = b.add('concat', `${path}.concat`, paths, {});
    const attn = `${path}.attn`;
    let w = b.add('global_avg_pool', `${attn}.gap`, [b.add('radix_sum', `${attn}.sum`, [y], { radix })], {});
    w = conv(net, w, `${attn}.fc_reduce`, squeezed ?? makeDivisible(out * ratio, divisor), 1, { layer: 'plain' });
    // Keeps its own norm and activation whatever the network's are.
    w = b.add('relu', `${attn}.relu`, [normAt(net, w, `${attn}.bn`, batchNorm)], {});
    w = conv(net, w, `${attn}.fc_select`, out * radix, 1, { layer: 'plain' });
    w = b.add('radix_softmax', `${attn}.softmax`, [w], { radix, groups: 1 });
    return b.add('radix_apply', path, [y, w], { radix });
  };
}

function readSizes(a: Arguments | undefined): number[] {
  const given = a?.read('kernel_size');
  if (given === undefined) return [3, 5];
  const sizes = typeof given === 'number' ? [given, given] : (a?.sizes('kernel_size') ?? []);
  if (sizes.length === 0 || sizes.some((size) => size < 3 || size > LIMITS.parts || size % 2 === 0)) {
    a?.fail('kernel_size', `is ${show(given)}.`, `Use odd numbers from 3 to ${LIMITS.parts}.`);
  }
  return sizes;
}

/** The same as a module after the last norm of other blocks (attn_layer `sk`). */
export function selectiveAttention(): Insert {
  const selective = selectiveKernel(undefined);
  return (net, x, { path }: Place) => selective(net, x, `${path}.se`, net.b.channels(x), { stride: 1, dilation: 1 });
}
