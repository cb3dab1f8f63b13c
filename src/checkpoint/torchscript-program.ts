import { ARGUMENTS, DEFAULTS } from './functional.ts';

/**
 * Attributes of one class from the text of a TorchScript program: its constants, and the plain arguments of the torch functions that it
 * calls. `calls` lists these functions in order, for modules that call functions instead of submodules.
 */
export function programAttributes(program: string, className: string): Record<string, unknown> {
  const start = program.indexOf(`class ${className}(Module):\n`);
  if (start < 0) return {};
  const end = program.indexOf('\nclass ', start);
  const text = withoutAliases(program.slice(start, end < 0 ? undefined : end));
  const found: [string, unknown][] = [];
  const calls: string[] = [];
  for (const call of text.matchAll(/\btorch\.(?:nn\.functional\._?)?([a-z_0-9]+)\(/g)) {
    const name = (call[1] ?? '').replace(/(?<=[a-z0-9])_$/, '');
    if (name !== '__is__' && name !== '__isnot__') calls.push(name);
    const names = Object.hasOwn(ARGUMENTS, name) ? ARGUMENTS[name] : undefined;
    if (names === undefined) continue;
    for (const [attribute, value] of Object.entries(DEFAULTS[name] ?? {})) found.push([attribute, value]);
    const values = splitArguments(text, call.index + call[0].length);
    names.forEach((attribute, i) => {
      const value = literal(values[i] ?? '');
      if (attribute && value !== undefined) found.push([attribute, value]);
    });
  }
  // Constants come last and take precedence, because they are the module's own.
  for (const [, name = '', value = ''] of text.matchAll(/^ {2}(\w+) : Final\[[^=\n]*\] = (.+)$/gm)) {
    const parsed = literal(value);
    if (parsed !== undefined) found.push([name, parsed]);
  }
  if (calls.length) found.push(['calls', calls]);
  return Object.fromEntries(found);
}

/** Functions of torch.nn.functional to which scripted programs first give a name: `_0 = __torch__.torch.nn.functional.relu`. */
function withoutAliases(text: string): string {
  const names = new Map<string, string>();
  for (const [, name = '', path = ''] of text.matchAll(/^ +(_\d+) = __torch__\.(torch\.nn\.functional\.\w+)$/gm)) names.set(name, path);
  return names.size ? text.replace(/\b(_\d+)\(/g, (call, name) => (names.has(name) ? `${names.get(name)}(` : call)) : text;
}

/** Longer lists of arguments are ignored. */
const MAX_CALL_LENGTH = 1000;

/** The arguments, as text, of the call that starts at `start`. */
function splitArguments(text: string, start: number): string[] {
  const found: string[] = [];
  let depth = 0;
  let from = start;
  for (let at = start; at < Math.min(text.length, start + MAX_CALL_LENGTH); at++) {
    const char = text[at] as string;
    if ('([{'.includes(char)) depth++;
    if (')]}'.includes(char) && depth-- === 0) return [...found, text.slice(from, at).trim()];
    if (char === ',' && depth === 0) {
      found.push(text.slice(from, at).trim());
      from = at + 1;
    }
  }
  return [];
}

/** Numbers, booleans, strings, and lists of these. Undefined for names and calls. */
function literal(text: string): unknown {
  if (/^-?(\d|inf)/.test(text)) return Number(text.replace('inf', 'Infinity'));
  if (text === 'True' || text === 'False') return text === 'True';
  if (text === 'None') return null;
  const quoted = /^"([^"\\]*)"$/.exec(text)?.[1];
  if (quoted !== undefined) return quoted;
  const inner = /^[([]([^()[\]]*)[)\]]$/.exec(text)?.[1];
  if (inner === undefined) return undefined;
  const items = inner
    .split(',')
    .map((item) => item.trim())
    .filter(Boolean)
    .map(literal);
  return items.includes(undefined) ? undefined : items;
}
