/** Assembles the shader text of a dispatch. shaders/README.md explains it for authors of shaders. */
import type { Constant, Dispatch } from './kernel.ts';

type Source = Pick<Dispatch, 'shader' | 'constants' | 'precision' | 'modules' | 'ends'>;

/** Modules of the core, in all their forms. Other modules come with a dispatch. */
const MODULES = import.meta.glob<string>(['./**/lib/*.wgsl', '!./**/*.{F16_MATH,BENT}.wgsl'], {
  base: '../../../shaders',
  query: '?raw',
  import: 'default',
  eager: true,
});

function declare(name: string, value: Constant): string {
  if (typeof value === 'boolean') return `const ${name} = ${value};`;
  return `const ${name} = ${Number.isInteger(value) ? `${value}u` : `${value}f`};`;
}

/**
 * The whole text of a dispatch: constants, the imported modules, the shader. It only depends on the arguments, byte for byte.
 * So one text is one pipeline, and a browser's shader cache can hit.
 */
export function shaderText(dispatch: Source): string {
  const constants = Object.keys(dispatch.constants)
    .sort()
    .map((name) => declare(name, dispatch.constants[name] ?? 0));
  // All threads of a subgroup reach the shared operations together, because their conditions are uniform.
  const head = dispatch.constants.SUBGROUPS ? ['enable subgroups;diagnostic(off,subgroup_uniformity);'] : [];
  if (dispatch.constants.F16_MATH) head.push('enable f16;');
  return unroll([...head, ...constants, ...linked(dispatch)].join('\n'), dispatch.constants);
}

/** An import, as written or as a build shortens it (scripts/lib/wgsl.mjs): `import lib::relu;`. */
const IMPORT = /import (?:package::)?([\w:]+?)(?:::\{[^}]*\})?;\s*/g;

/**
 * The shader after all modules that it and they import. Each module appears once, after its own imports. `package::lib::relu` is
 * lib/relu.wgsl, unless there is a form for a word of the dispatch: its precision, a constant that is true, or a constant with its
 * value. So f16 uses relu.f16.wgsl, and with PARTIAL output.PARTIAL.wgsl replaces output.wgsl.
 */
function linked({ shader, constants, precision, modules, ends }: Source): string[] {
  const forms = [
    `.${precision}`,
    ...Object.entries(constants).map(([name, value]) => (value === true ? `.${name}` : `.${name}${value}`)),
    '',
  ];
  const texts: string[] = [];
  const seen = new Set<string>();
  // Constants, and names that modules import from the shader, are not in any file. They add nothing.
  const add = (text = '') => {
    const own = text.replace(IMPORT, (_, path: string) => {
      if (!seen.has(path)) {
        seen.add(path);
        const file = `./${path.replaceAll('::', '/')}`;
        add(modules?.[path] ?? ends?.modules?.[path] ?? MODULES[`${file}${forms.find((form) => MODULES[`${file}${form}.wgsl`])}.wgsl`]);
      }
      return '';
    });
    texts.push(own);
  };
  add(shader);
  return texts;
}

const LOOP = /for ?\(var ([A-Z]\w*) ?= ?0u; ?\1 ?< ?(\w+); ?\1\+\+\) ?\{/;

/**
 * Unrolls loops whose variable has an upper-case name and whose bound is a number or a constant of the dispatch. Register tiles must
 * be straight-line code, but compilers may not unroll. naga counts the iterations of every loop, and Tint guards loops on Metal,
 * which prevents unrolling there (https://github.com/gfx-rs/wgpu/issues/6518).
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
