/** How the text of a dispatch's shader is put together. */
import type { Constant, Dispatch, Precision } from './kernel.ts';

const parts = import.meta.glob<string>('../../../shaders/lib/*.wgsl', { query: '?raw', import: 'default', eager: true });

function declare(name: string, value: Constant): string {
  if (typeof value === 'boolean') return `const ${name} = ${value};`;
  return `const ${name} = ${Number.isInteger(value) ? `${value}u` : `${value}f`};`;
}

/**
 * The whole module of a dispatch: constants, shared parts, the shader. Depends on the arguments alone, byte for byte,
 * so that one text is one pipeline and a browser's shader cache can hit.
 */
export function shaderText(dispatch: Pick<Dispatch, 'shader' | 'constants' | 'precision'>): string {
  const constants = Object.keys(dispatch.constants)
    .sort()
    .map((name) => declare(name, dispatch.constants[name] ?? 0));
  // What is shared there, all threads of a subgroup reach together: their conditions are alike.
  const head = dispatch.constants.SUBGROUPS ? ['enable subgroups;diagnostic(off,subgroup_uniformity);'] : [];
  if (dispatch.constants.HALVES) head.push('enable f16;');
  return unroll([...head, ...constants, ...sharedParts(dispatch), dispatch.shader].join('\n'), dispatch.constants);
}

const LOOP = /for ?\(var ([A-Z]\w*) ?= ?0u; ?\1 ?< ?(\w+); ?\1\+\+\) ?\{/;

/**
 * Writes out loops whose variable has an upper-case name and whose bound is a constant of the dispatch or a number: register
 * tiles must be straight-line code. Compilers may not do it: naga counts the rounds of every loop, and Tint guards them on
 * Metal, which ends unrolling there (https://github.com/gfx-rs/wgpu/issues/6518).
 */
export function unroll(text: string, constants: Record<string, Constant>): string {
  const [head, name = '', bound = ''] = LOOP.exec(text) ?? [];
  if (head === undefined) return text;
  const start = text.indexOf(head);
  const from = start + head.length;
  let end = from;
  for (let depth = 1; depth > 0; end++) depth += { '{': 1, '}': -1 }[text[end] ?? '}'] ?? 0;
  const body = unroll(text.slice(from, end - 1), constants);
  const variable = new RegExp(`\\b${name}\\b`, 'g');
  const count = Number(constants[bound] ?? Number.parseInt(bound, 10));
  if (!Number.isInteger(count)) throw new Error(`a shader's loop ends at ${bound}, which no dispatch gave`);
  const rounds = Array.from({ length: count }, (_, i) => `{${body.replace(variable, `${i}u`)}}`);
  return text.slice(0, start) + rounds.join('\n') + unroll(text.slice(end), constants);
}

/**
 * Parts of shaders/lib, by what a shader calls or binds that needs them. It gets no others: they read buffers and parameters
 * that it may not have, and a function over absent ones does not compile. A part stands before those that it needs.
 * Builds shorten other names than these (scripts/lib/wgsl.mjs).
 */
export const PARTS: readonly [use: RegExp, file: (constants: Dispatch['constants']) => string][] = [
  [/\bstore_sum\(/, () => 'conv-params'],
  [/\bstore_sum\(/, ({ PARTIAL }) => (PARTIAL ? 'conv-partial' : 'conv')],
  [/\bfinish_sum\(/, () => 'conv-params'],
  [/\bstore_biased\(/, () => 'stem'],
  [/\bkernel_size\(/, () => 'kernel-size'],
  [/\bload_input\(/, () => 'conv-load'],
  [/\binput_at\(/, ({ WIDE, HALVES }) => (HALVES ? '' : WIDE ? 'conv-input-wide' : 'conv-input')],
  [/\bstore_relu\(/, () => 'store'],
  [/\bwindow_of\(/, () => 'window'],
  [/\bis_inside\(/, () => 'inside'],
  [/\bfirst_group_of\(/, () => 'channel-groups'],
  [/\brelu\(/, () => 'relu.'],
  [/\bmaximum\(/, () => 'maximum'],
  [/\b([AB]T|G)\[R\b/, ({ TILE }) => `winograd${TILE}`],
  [/\bcommon_block\(/, ({ SUBGROUPS }) => (SUBGROUPS ? 'block-shared' : 'block-own')],
  [/\bmultiply_add\(/, ({ HALVES, PROCESSOR }) => (HALVES ? '' : PROCESSOR ? 'multiply-rows' : 'multiply-columns')],
  [/\bcommon_columns\(/, ({ SUBGROUPS }) => (SUBGROUPS ? 'block-shared' : 'block-own')],
  [/\bcommon_columns\(/, () => 'block'],
  [/\bmultiply_add\(/, ({ HALVES }) => (HALVES ? '' : 'block')],
  [/> ?weights:/, () => 'weights.'],
];

function sharedParts({ shader, constants, precision }: Pick<Dispatch, 'shader' | 'constants' | 'precision'>): string[] {
  const names = new Set(['grid', 'storage.']);
  let text = shader;
  for (const [use, choose] of PARTS) {
    if (use.test(text)) {
      const file = choose(constants);
      names.add(file);
      text += partSource(file, precision);
    }
  }
  return [...names].map((file) => partSource(file, precision));
}

/** A file whose name ends in a dot is there once for each precision. */
function partSource(file: string, precision: Precision): string {
  return parts[`../../../shaders/lib/${file}${file.endsWith('.') ? precision : ''}.wgsl`] ?? '';
}
