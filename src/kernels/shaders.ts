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

/** Shaders that bind `weights` get the functions that read them. */
function sharedParts(source: string, precision: Precision): string[] {
  const names = ['lib/grid', `lib/storage.${precision}`];
  if (/\bweights\b/.test(source)) names.push(`lib/weights.${precision}`);
  return names.map(shaderSource);
}
