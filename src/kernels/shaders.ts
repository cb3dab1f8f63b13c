/** The text of every shader, and how a dispatch's text is put together. */
import type { Constant, Dispatch, Precision } from './kernel.ts';

const files = import.meta.glob<string>('../../shaders/**/*.wgsl', { query: '?raw', import: 'default', eager: true });

/** Text of `shaders/<name>.wgsl`. */
export function shaderSource(name: string): string {
  const source = files[`../../shaders/${name}.wgsl`];
  if (source === undefined) throw new Error(`no shader ${name}.wgsl`);
  return source;
}

export function shaderNames(): string[] {
  return Object.keys(files).map((path) => path.slice('../../shaders/'.length, -'.wgsl'.length));
}

function declare(name: string, value: Constant): string {
  if (typeof value === 'boolean') return `const ${name} = ${value};`;
  return `const ${name} = ${Number.isInteger(value) ? `${value}u` : `${value}f`};`;
}

/**
 * The whole module of a dispatch: constants, shared parts, the shader. Depends on the arguments alone, byte for byte,
 * so that one text is one pipeline and a browser's shader cache can hit.
 */
export function shaderText(dispatch: Pick<Dispatch, 'kernel' | 'constants' | 'precision'>): string {
  const constants = Object.keys(dispatch.constants)
    .sort()
    .map((name) => declare(name, dispatch.constants[name] ?? 0));
  const source = shaderSource(dispatch.kernel);
  return unroll([...constants, ...sharedParts(source, dispatch), source].join('\n'), dispatch.constants);
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
  [/\bstore_biased\(/, () => 'stem'],
  [/\bload_input\(/, () => 'conv-load'],
  [/\binput_at\(/, ({ WIDE }) => (WIDE ? 'conv-input-wide' : 'conv-input')],
  [/\bstore_relu\(/, () => 'store'],
  [/\bwindow_of\(/, () => 'window'],
  [/\bis_inside\(/, () => 'inside'],
  [/\bfirst_group_of\(/, () => 'channel-groups'],
  [/\brelu\(/, () => 'relu'],
  [/\bmaximum\(/, () => 'maximum'],
  [/\b([AB]T|G)\[R\b/, ({ TILE }) => `winograd${TILE}`],
  [/> ?weights:/, () => 'weights.'],
];

function sharedParts(source: string, { constants, precision }: Pick<Dispatch, 'constants' | 'precision'>): string[] {
  const parts = ['grid', 'storage.'];
  let text = source;
  for (const [use, choose] of PARTS) {
    if (use.test(text)) {
      const file = choose(constants);
      parts.push(file);
      text += partSource(file, precision);
    }
  }
  return parts.map((file) => partSource(file, precision));
}

/** A file whose name ends in a dot is there once for each precision. */
function partSource(file: string, precision: Precision): string {
  return shaderSource(`lib/${file}${file.endsWith('.') ? precision : ''}`);
}
