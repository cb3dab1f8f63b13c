/** Pillow's and OpenCV's results for small images of noise (make_vectors.py). */
import type { Filter, Kernel } from '../../src/image/resample.ts';
import json from './vectors.json' with { type: 'json' };

export interface Vector {
  kernel: Kernel;
  filter: Filter;
  seed: number;
  /** [w, h], RGB. */
  from: [number, number];
  to: [number, number];
  bytes: Uint8Array;
}

export const vectors: Vector[] = json.cases.map(({ bytes, ...c }) => ({
  ...(c as Omit<Vector, 'bytes'>),
  bytes: Uint8Array.from(atob(bytes), (character) => character.charCodeAt(0)),
}));

/** OpenCV's SIMD code for bicubic adds up in single precision, except in the last pixels of a row. Rare ties are rounded differently. */
export function tolerance({ kernel, filter }: Vector): { count: number; most: number } {
  return kernel === 'opencv' && filter === 'bicubic' ? { count: 2, most: 1 } : { count: 0, most: 0 };
}

/** `count` bytes without a pattern, the same as in make_vectors.py. */
export function noise(seed: number, count: number): Uint8Array {
  return Uint8Array.from({ length: count }, (_, i) => {
    let x = Math.imul(seed + i, 0x9e3779b9);
    x ^= x >>> 16;
    x = Math.imul(x, 0x85ebca6b);
    x ^= x >>> 13;
    x = Math.imul(x, 0xc2b2ae35);
    x ^= x >>> 16;
    return x >>> 24;
  });
}

/** How many bytes differ, and by how much at most. */
export function differences(a: ArrayLike<number>, b: ArrayLike<number>): { count: number; most: number } {
  if (a.length !== b.length) throw new Error(`${a.length} bytes against ${b.length}`);
  let count = 0;
  let most = 0;
  for (let i = 0; i < a.length; i++) {
    const difference = Math.abs((a[i] ?? 0) - (b[i] ?? 0));
    if (difference > 0) count++;
    most = Math.max(most, difference);
  }
  return { count, most };
}
