import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { root } from './setup.mjs';
import { minifyWgsl } from './wgsl.mjs';

const shaders = readdirSync(join(root, 'shaders'), { recursive: true, encoding: 'utf8' }).filter((name) => name.endsWith('.wgsl'));

/** WGSL's tokens, longest first. Written apart from the minifier, so that the two check each other. */
function tokens(source: string): string[] {
  const uncommented = source.replace(/\/\/[^\n]*/g, ' ').replace(/\/\*[\s\S]*?\*\//g, ' ');
  return (
    uncommented.match(/[A-Za-z_][A-Za-z_0-9]*|\d[\w.]*(?:[eE][-+]?\d+\w?)?|>>=|<<=|->|&&|\|\||[-+*/%&|^<>=!]=|--|\+\+|<<|>>|\S/g) ?? []
  );
}

describe('minifyWgsl', () => {
  it('strips comments, indentation and blank lines', () => {
    expect(minifyWgsl('// a\nfn f( x : u32 ) -> u32 {\n\n  return x /* b /* nested */ c */ + 1u; // d\n}\n')).toBe(
      'fn f(x:u32)->u32{\nreturn x+1u;\n}',
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
    expect(tokens(minifyWgsl(source))).toEqual(tokens(source));
  });
});
