/** What a file says about itself, as a list of entries. */

export interface Entry {
  /** Dicts and keys: `meta.dataset_meta.classes`. */
  path: string;
  value: unknown;
}

const MAX_ENTRIES = 20_000;

/** All dicts and their contents. JSON in a string counts as its content. */
export function entriesOf(metadata: Record<string, unknown>): Entry[] {
  const entries: Entry[] = [];
  const visit = (path: string, given: unknown, depth: number) => {
    if (entries.length > MAX_ENTRIES || depth > 6) return;
    const value = typeof given === 'string' && /^\s*[[{]/.test(given) && given.length < 5_000_000 ? (parsed(given) ?? given) : given;
    if (path) entries.push({ path, value });
    if (isDict(value)) for (const [key, inner] of Object.entries(value)) visit(path ? `${path}.${key}` : key, inner, depth + 1);
  };
  visit('', metadata, 0);
  return entries;
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

export const isDict = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);
