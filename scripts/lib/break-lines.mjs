// For an uncaught error, Node prints the whole line. In a minified file that line is the file: 40 KB before the one useful sentence.
import { parseAst } from 'vite';

/** Longer lines are broken. Breaking shorter ones costs more: a line break is a byte, and gzip hardly compresses it. */
export const LINE_LIMIT = 1000;

/**
 * Where to break the lines of a module: before statements, members of classes and variables, so that the program stays the same. A single
 * longer expression, such as the text of a shader, is not broken.
 * @param {string} code @returns {number[]} offsets, ascending
 */
export function lineBreaks(code, limit = LINE_LIMIT) {
  /** @type {number[]} */
  const places = [];
  visit(parseAst(code), places);
  places.sort((a, b) => a - b);
  /** @type {number[]} */
  const breaks = [];
  let start = 0;
  let last = 0;
  for (const place of [...places, code.length]) {
    const own = code.lastIndexOf('\n', place - 1) + 1;
    if (own > start) start = own;
    if (place - start > limit && last > start) {
      breaks.push(last);
      start = last;
    }
    last = place;
  }
  return breaks;
}

/** Lists of a syntax tree between whose members a line may end. Those of objects would work, too, but there are many. */
const BREAKABLE = new Set(['body', 'declarations', 'cases', 'consequent']);

/** @param {unknown} node @param {number[]} places */
function visit(node, places) {
  if (typeof node !== 'object' || node === null) return;
  for (const [key, value] of Object.entries(node)) {
    if (Array.isArray(value)) {
      if (BREAKABLE.has(key)) for (const { start } of value.slice(key === 'declarations' ? 1 : 0)) places.push(start);
      for (const one of value) visit(one, places);
    } else visit(value, places);
  }
}

/** @param {string} code @param {readonly number[]} breaks */
export function breakLines(code, breaks) {
  return [0, ...breaks].map((start, i) => code.slice(start, breaks[i] ?? code.length)).join('\n');
}

/**
 * Adapts a module's source map to the broken lines.
 * @param {string} mappings as in a source map @param {string} code before @param {readonly number[]} breaks
 */
export function breakMappings(mappings, code, breaks) {
  const lines = code.split('\n');
  const groups = mappings.split(';');
  /** @type {string[]} */
  const result = [];
  let offset = 0;
  for (const [i, { length }] of lines.entries()) {
    const columns = breaks.filter((place) => place >= offset && place <= offset + length).map((place) => place - offset);
    result.push(...breakGroup(groups[i] ?? '', columns));
    offset += length + 1;
  }
  return result.join(';');
}

/** @param {string} group segments of a line @param {readonly number[]} columns where it is broken @returns {string[]} */
function breakGroup(group, columns) {
  /** @type {string[][]} */
  const lines = [[], ...columns.map(() => [])];
  let [column, line, written] = [0, 0, 0];
  for (const segment of group === '' ? [] : group.split(',')) {
    const { value, rest } = firstNumber(segment);
    column += value;
    for (; column >= (columns[line] ?? Number.POSITIVE_INFINITY); line++) written = columns[line] ?? 0;
    lines[line]?.push(writeNumber(column - written) + rest);
    written = column;
  }
  return lines.map((segments) => segments.join(','));
}

const DIGITS = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/';

/** A base64 VLQ: https://tc39.es/ecma426/#sec-base64-vlq @param {string} segment */
function firstNumber(segment) {
  let [bits, i, digit] = [0, 0, 0];
  do {
    digit = DIGITS.indexOf(segment.charAt(i));
    bits += (digit & 31) * 32 ** i++;
  } while (digit & 32);
  return { value: bits & 1 ? -(bits >>> 1) : bits >>> 1, rest: segment.slice(i) };
}

/** @param {number} value */
function writeNumber(value) {
  let bits = value < 0 ? -value * 2 + 1 : value * 2;
  let text = '';
  do {
    text += DIGITS.charAt((bits & 31) | (bits > 31 ? 32 : 0));
    bits >>>= 5;
  } while (bits > 0);
  return text;
}
