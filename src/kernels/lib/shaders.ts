/** How the text of a dispatch's shader is put together; shaders/README.md tells it to those who write one. */
import type { Constant, Dispatch } from './kernel.ts';

type Source = Pick<Dispatch, 'shader' | 'constants' | 'precision' | 'modules' | 'ends'>;

/** Modules of the core, in all their forms. The others come with a dispatch. */
const MODULES = import.meta.glob<string>(['./**/lib/*.wgsl', '!./**/*.{HALVES,BENT}.wgsl'], {
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
 * The whole text of a dispatch: constants, the modules that the shader imports, the shader. Depends on the arguments alone,
 * byte for byte, so that one text is one pipeline and a browser's shader cache can hit.
 */
export function shaderText(dispatch: Source): string {
  const constants = Object.keys(dispatch.constants)
    .sort()
    .map((name) => declare(name, dispatch.constants[name] ?? 0));
  // What is shared there, all threads of a subgroup reach together: their conditions are alike.
  const head = dispatch.constants.SUBGROUPS ? ['enable subgroups;diagnostic(off,subgroup_uniformity);'] : [];
  if (dispatch.constants.HALVES) head.push('enable f16;');
  return unroll([...head, ...constants, ...linked(dispatch)].join('\n'), dispatch.constants);
}

/** An import, as written or as a build leaves it (scripts/lib/wgsl.mjs): `import lib::relu;`. */
const IMPORT = /import (?:package::)?([\w:]+?)(?:::\{[^}]*\})?;\s*/g;

/**
 * The shader after the modules that it and they import, each once and after those that it imports itself. `package::lib::relu` is
 * lib/relu.wgsl, unless there is a form for a word of the dispatch: its precision, a constant that is true, or one with its value.
 * So f16 has relu.f16.wgsl, and where PARTIAL, output.PARTIAL.wgsl stands for output.wgsl.
 */
function linked({ shader, constants, precision, modules, ends }: Source): string[] {
  const forms = [
    `.${precision}`,
    ...Object.entries(constants).map(([name, value]) => (value === true ? `.${name}` : `.${name}${value}`)),
    '',
  ];
  const texts: string[] = [];
  const seen = new Set<string>();
  // Constants, and what modules import from the shader, are in no file: they add nothing.
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
