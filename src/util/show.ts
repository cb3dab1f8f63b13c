/** Makes values and names from strangers' files readable. */

/** As JSON, cut after 200 characters. Values that are nested too deeply for JSON.stringify are not shown. */
export function show(value: unknown): string {
  if (typeof value === 'number') return String(value);
  let text: string;
  try {
    text = JSON.stringify(value, (_, part) => (typeof part === 'bigint' ? `${part}n` : part)) ?? String(value);
  } catch {
    text = typeof value;
  }
  return text.length > 200 ? `${text.slice(0, 200)}…` : text;
}

/** A string as it is, anything else as JSON. String() would fail on { "toString": 1 }. */
export function textOf(value: unknown): string {
  return typeof value === 'string' ? value : show(value);
}

/**
 * Terminal control characters (C0 without tab and newline, C1), and characters that reorder or hide the text around them
 * (Unicode's bidirectional controls, line and paragraph separators, zero widths and tags).
 * https://www.unicode.org/reports/tr9/#Directional_Formatting_Characters · https://trojansource.codes
 */
// biome-ignore lint/suspicious/noControlCharactersInRegex: they are what this is about
const UNPRINTABLE = /[\0-\x08\x0b-\x1f\x7f-\x9f\u061c\u200b\u200e\u200f\u2028-\u202e\u2060-\u206f\ufeff\u{e0000}-\u{e007f}]/gu;

/**
 * Escapes such characters (`\u001b`), so that a name cannot move the cursor, forge a line or reverse the text around it.
 * The escapes are JSON's, so JSON stays valid.
 */
export function printable(text: string): string {
  return text.replace(UNPRINTABLE, (character) =>
    character
      .split('')
      .map((unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`)
      .join(''),
  );
}

/** The same within a line of text, where a newline in a name could forge another line. */
export function printableName(text: string): string {
  return printable(text).replaceAll('\n', '\\n').replaceAll('\t', '\\t');
}
