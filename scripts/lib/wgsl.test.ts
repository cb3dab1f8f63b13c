import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { root } from './setup.mjs';
import { minifyWgsl, renameWgsl, shortNames } from './wgsl.mjs';

const shaders = readdirSync(join(root, 'shaders'), { recursive: true, encoding: 'utf8' }).filter((name) => name.endsWith('.wgsl'));

/** WGSL's tokens, longest first. Written independently of the minifier, so that the two check each other. */
function tokens(source: string): string[] {
  const uncommented = source.replace(/\/\/[^\n]*/g, ' ').replace(/\/\*[\s\S]*?\*\//g, ' ');
  return (
    uncommented.match(/[A-Za-z_][A-Za-z_0-9]*|\d[\w.]*(?:[eE][-+]?\d+\w?)?|>>=|<<=|->|&&|\|\||[-+*/%&|^<>=!]=|--|\+\+|<<|>>|\S/g) ?? []
  );
}

const IMPORTS = /\bimport [^;]*;/g;

function modulesOf(source: string): (string | undefined)[] {
  return [...source.matchAll(/\bimport (?:package::)?(\w+(?:::\w+)+)/g)].map(([, path]) => path);
}

describe('minifyWgsl', () => {
  it('strips comments, indentation and blank lines', () => {
    expect(minifyWgsl('// a\nfn f( x : u32 ) -> u32 {\n\n  return x /* b /* nested */ c */ + 1u; // d\n}\n')).toBe(
      'fn f(x:u32)->u32{return x+1u;}',
    );
  });

  it('keeps the spaces that separate tokens', () => {
    expect(minifyWgsl('let y = a - -b;')).toBe('let y=a- -b;');
    expect(minifyWgsl('let z = a & &b;')).toBe('let z=a& &b;');
    expect(minifyWgsl('let a/**/b = x < -1;')).toBe('let a b=x< -1;');
    expect(minifyWgsl('var v: array<vec4<f32>, 2> = w;')).toBe('var v:array<vec4<f32>,2> =w;');
  });

  it.each(shaders)('leaves the tokens of %s as they are', (name) => {
    const source = readFileSync(join(root, 'shaders', name), 'utf8');
    const [minified, code] = [minifyWgsl(source), source.replace(IMPORTS, '')];
    expect(tokens(minified.replace(IMPORTS, ''))).toEqual(
      tokens(code).filter((token, i, all) => token !== ',' || !/[)}]/.test(all[i + 1] ?? '')),
    );
    expect(modulesOf(minified)).toEqual(modulesOf(source));
  });

  it('leaves the paths of imported modules', () => {
    const source =
      'import package::lib::relu::{relu};\nimport package::lib::window::{\n  Window,\n  window_of,\n};\nimport constants::{SIZE};\n\nconst A = SIZE;';
    expect(minifyWgsl(source)).toBe('import lib::relu;import lib::window;const A=SIZE;');
  });
});

describe('shortNames', () => {
  const sources = shaders.map((name) => minifyWgsl(readFileSync(join(root, 'shaders', name), 'utf8')));
  const names = shortNames(sources);
  const used = new Set(sources.flatMap(tokens));

  it('renames most of what shaders declare', () => {
    expect(names.size).toBeGreaterThan(250);
    expect(renameWgsl('fn f(pixel:u32){}', names).length).toBeLessThan('fn f(pixel:u32){}'.length);
  });

  it('gives every name one of its own, which no shader has', () => {
    expect(new Set(names.values()).size).toBe(names.size);
    expect([...names.values()].filter((short) => used.has(short))).toEqual([]);
  });

  it('leaves the language and what the code refers to', () => {
    const source = '@compute@workgroup_size(64)fn main(@builtin(workgroup_id)v:vec3u){max(v.xy,2u);}var<workgroup>t:array<vec4f,ROWS>;';
    expect(renameWgsl(source, names)).toBe(source);
    const builtIn = ['select', 'round', 'all', 'workgroup_id', 'storage', 'read', 'main', 'PIXELS', 'KERNEL_H', 'xyz', 'array'];
    expect(builtIn.filter((name) => names.has(name))).toEqual([]);
  });

  it.each(shaders.map((name, i) => [name, sources[i] ?? ''] as const))('changes nothing but names in %s', (_, source) => {
    const long = new Map([...names].map(([name, short]) => [short, name]));
    const renamed = renameWgsl(source, names);
    expect(tokens(renamed).map((token) => long.get(token) ?? token)).toEqual(tokens(source));
    expect(modulesOf(renamed)).toEqual(modulesOf(source));
  });
});
