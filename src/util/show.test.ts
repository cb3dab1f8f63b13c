import { describe, expect, test } from 'vitest';
import { ResnetError } from './errors.ts';
import { printable, printableName, show, textOf } from './show.ts';

describe('printable', () => {
  test.each([
    ['colours', '\u001b[31mred', '\\u001b[31mred'],
    ['C1 controls', '\u009b31m\u0085', '\\u009b31m\\u0085'],
    ['the clipboard', '\u001b]52;c;ZXZpbA==\u0007', '\\u001b]52;c;ZXZpbA==\\u0007'],
    ['writing over', 'a\rb\bc\u007f', 'a\\u000db\\u0008c\\u007f'],
    ['text turned around', 'a\u202eb\u2066c\u200f', 'a\\u202eb\\u2066c\\u200f'],
    ['what is not seen', 'a\u200bb\ufeff\u{e0041}', 'a\\u200bb\\ufeff\\udb40\\udc41'],
  ])('escapes %s', (_, text, safe) => {
    expect(printable(text)).toBe(safe);
    expect(JSON.parse(`"${safe}"`)).toBe(text);
  });

  test('leaves writing alone', () => {
    const text = 'layer1.0.conv1\tÄ ß 猫 عربي 👩\n';
    expect(printable(text)).toBe(text);
  });

  test('keeps names within their line', () => {
    expect(printableName('cat\nerror:\tdog\u202e')).toBe('cat\\nerror:\\tdog\\u202e');
  });

  test('is in every error', () => {
    const error = new ResnetError('usage', 'has \u001b[2J in it.', { layer: 'a\u202eb', hint: 'Do not.' });
    expect(error.message).toBe('[a\\u202eb] has \\u001b[2J in it. Do not.');
  });
});

describe('show', () => {
  test.each([
    [Number.NaN, 'NaN'],
    ['a"b', '"a\\"b"'],
    [undefined, 'undefined'],
    [7n, '"7n"'],
    [{ toString: 1 }, '{"toString":1}'],
  ])('%s', (value, text) => expect(show(value)).toBe(text));

  test('ends after a line or two, and survives any depth', () => {
    expect(show('x'.repeat(1e6))).toHaveLength(201);
    let deep: unknown = 1;
    for (let i = 0; i < 1e5; i++) deep = [deep];
    expect(show(deep)).toBe('object');
    expect(textOf({ toString: 1 })).toBe('{"toString":1}');
    expect(textOf('a')).toBe('a');
  });
});
