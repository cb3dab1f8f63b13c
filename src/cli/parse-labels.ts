/** Common formats of labels: a JSON array, a JSON object from index to name, or one name on each line. Pure; the demo uses it, too. */

export class LabelsError extends Error {
  override readonly name = 'LabelsError';
}

/** Undefined if the text is blank. */
export function parseLabels(text: string): string[] | undefined {
  const trimmed = text.trim();
  if (trimmed === '') return undefined;
  if (trimmed.startsWith('[') || trimmed.startsWith('{')) return parseJson(trimmed);
  return trimmed.split(/\r?\n/).map((line) => line.trim());
}

function parseJson(text: string): string[] {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (cause) {
    throw new LabelsError(`The labels look like JSON but do not parse: ${cause instanceof Error ? cause.message : String(cause)}.`);
  }
  if (Array.isArray(value)) return value.map((entry) => nameOf(entry));
  const entries = Object.entries(value as Record<string, unknown>);
  const labels: string[] = [];
  for (const [key, entry] of entries) {
    const index = Number(key);
    if (!Number.isInteger(index) || index < 0 || index >= entries.length) {
      throw new LabelsError(`The labels’ key “${key}” is not a class index from 0 to ${entries.length - 1}.`);
    }
    labels[index] = nameOf(entry);
  }
  return labels;
}

/** ImageNet's index files hold pairs of synset and name. */
function nameOf(entry: unknown): string {
  if (typeof entry === 'string') return entry;
  if (Array.isArray(entry) && typeof entry.at(-1) === 'string') return entry.at(-1) as string;
  throw new LabelsError(`A label must be text, not ${JSON.stringify(entry)}.`);
}
