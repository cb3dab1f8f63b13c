/** What a dispatch requires of a device, read from its shader's text. Pure. Fetched for devices with low limits. */
import type { Dispatch } from './lib/kernel.ts';
import { shaderText } from './lib/shaders.ts';

export interface Needs {
  /** Threads in a workgroup. */
  threads: number;
  /** Bytes of workgroup memory. */
  bytes: number;
}

const BYTES: Record<string, number> = { f32: 4, u32: 4, i32: 4, vec2f: 8, vec2u: 8, vec4f: 16, vec4u: 16 };

export function needsOf(dispatch: Dispatch): Needs {
  const text = shaderText(dispatch);
  const numberOf = (expression: string): number => {
    const sum = expression.split('+').map((product) =>
      product.split('*').reduce((all, factor) => {
        const name = factor.trim();
        if (/^\d+u?$/.test(name)) return all * Number.parseInt(name, 10);
        const [, own] = new RegExp(`\\bconst ${name}(?:\\s*:\\s*u32)?\\s*=\\s*([^;]+);`).exec(text) ?? [];
        return all * (own === undefined ? Number.NaN : numberOf(own));
      }, 1),
    );
    return sum.reduce((a, b) => a + b, 0);
  };
  const sizes = /@workgroup_size\(([^)]*)\)/.exec(text)?.[1] ?? '';
  const arrays = [...text.matchAll(/var<workgroup>\s*\w+\s*:\s*array<(\w+),\s*([^>]+)>/g)];
  return {
    threads: sizes.split(',').reduce((all, size) => all * numberOf(size), 1),
    bytes: arrays.reduce((all, [, type = '', length = '']) => all + (BYTES[type] ?? Number.NaN) * numberOf(length), 0),
  };
}
