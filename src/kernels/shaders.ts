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
  return [...constants, ...sharedParts(source, dispatch.precision), source].join('\n');
}

/**
 * Parts of shaders/lib, by what a shader calls or binds that needs them. It gets no others: they read buffers and parameters
 * that it may not have, and a function over absent ones does not compile. A part stands before those that it needs.
 */
const PARTS: readonly [use: RegExp, file: string][] = [
  [/\bstore_sum\(/, 'conv'],
  [/\bstore_relu\(/, 'store'],
  [/\bwindow_of\(/, 'window'],
  [/\bis_inside\(/, 'inside'],
  [/\bfirst_group_of\(/, 'channel-groups'],
  [/\brelu\(/, 'relu'],
  [/\bmaximum\(/, 'maximum'],
  [/> ?weights:/, 'weights.'],
];

function sharedParts(source: string, precision: Precision): string[] {
  const parts = ['grid', 'storage.'];
  let text = source;
  for (const [use, file] of PARTS) {
    if (use.test(text)) {
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
