/** Every shader says where its names come from (shaders/README.md): it declares or imports what it uses, and uses what it imports. */
import { readdirSync, readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { freeNames, readWgsl, type WgslFile } from '../support/wgsl.ts';

const folder = new URL('../../shaders/', import.meta.url);
const files = new Map<string, WgslFile>();
for (const name of readdirSync(folder, { recursive: true, encoding: 'utf8' }).sort()) {
  if (name.endsWith('.wgsl')) files.set(name.replaceAll('\\', '/'), readWgsl(readFileSync(new URL(name, folder), 'utf8')));
}

const modules = [...files].filter(([name]) => /(^|\/)lib\/[^/]+$/.test(name));
const shaders = [...files].filter(([name]) => !/(^|\/)lib\/[^/]+$/.test(name));

/** All forms of a module: relu.wgsl, relu.f16.wgsl. */
function formsOf(path: string): WgslFile[] {
  const file = path.split('::').slice(1).join('/');
  return modules.filter(([name]) => name.split('.')[0] === file).map(([, module]) => module);
}

/** Modules that a file imports, directly or indirectly, in any form. */
function reached(file: WgslFile, seen = new Set<string>()): Set<string> {
  for (const { path } of file.imports) {
    if (!path.startsWith('package::') || seen.has(path)) continue;
    seen.add(path);
    for (const form of formsOf(path)) reached(form, seen);
  }
  return seen;
}

function imported({ imports }: WgslFile, from = ''): string[] {
  return imports.filter(({ path }) => path.startsWith(from)).flatMap(({ names }) => names);
}

describe.each([...files])('%s', (name, file) => {
  test('is WGSL with imports at its head', () => {
    expect(file.problems).toEqual([]);
  });

  test('declares or imports what it uses, once, and uses what it imports', () => {
    expect(imported(file).sort()).toEqual([...freeNames(file)].sort());
  });

  test('imports what is there, in every form', () => {
    for (const { path, names } of file.imports.filter(({ path }) => path.startsWith('package::'))) {
      expect(formsOf(path), path).not.toEqual([]);
      for (const form of formsOf(path)) expect([...form.declarations.keys()], path).toEqual(expect.arrayContaining(names));
    }
  });

  test('imports constants by names in capitals, and from no third place', () => {
    expect(imported(file, 'constants').filter((constant) => !/^[A-Z][A-Z\d_]*$/.test(constant))).toEqual([]);
    const places = file.imports.map(({ path }) => path.replace(/::.*/, ''));
    const allowed = name.includes('lib/') ? ['package', 'constants', 'shader'] : ['package', 'constants'];
    expect(places.filter((place) => !allowed.includes(place))).toEqual([]);
  });

  test('is in no circle of imports', () => {
    const path = `package::${name.split('.')[0]?.replaceAll('/', '::')}`;
    expect([...reached(file)]).not.toContain(path);
  });
});

// `import shader::{params}`: a module reads names that belong to the shader that imports it.
test.each(shaders)('%s gives its modules what they ask of it', (_, shader) => {
  const parts = [shader, ...[...reached(shader)].flatMap(formsOf)];
  const declared = new Set(parts.flatMap(({ declarations }) => [...declarations.keys()]));
  const fields = parts.flatMap((part) => part.fields.get('Params') ?? []);
  for (const part of parts) {
    expect([...declared]).toEqual(expect.arrayContaining(imported(part, 'shader')));
    expect(fields).toEqual(expect.arrayContaining([...part.params]));
  }
});

test('no two names for a module, no form without the plain one', () => {
  const names = modules.map(([name]) => name.split('.')[0] ?? '');
  expect(names.filter((name) => !/^[a-z\d/_-]+\/[a-z\d_]+$/.test(name) || !files.has(`${name}.wgsl`))).toEqual([]);
  const forms = modules.flatMap(([name]) => name.split('.').slice(1, -1));
  expect(forms.filter((form) => !/^(f16|[A-Z][A-Z\d_]*)$/.test(form))).toEqual([]);
});
