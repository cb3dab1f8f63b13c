import { describe, expect, it } from 'vitest';
import { printableName } from '../util/show.ts';
import { bar, resultLines, type TableStyle } from './table.ts';

const plain: TableStyle = { colour: false, width: 60, unicode: true };
const predictions = [
  { label: 'cat', index: 3, probability: 0.9 },
  { label: 'automobile', index: 1, probability: 0.0999 },
];

describe('bar', () => {
  it('grows by eighths of a column', () => {
    expect([0, 0.5, 9 / 16, 1].map((share) => bar(share, 2, true))).toEqual(['', '█', '█▏', '██']);
  });
  it('makes do with ASCII, and with numbers out of range', () => {
    expect(bar(0.5, 4, false)).toBe('##');
    expect(bar(2, 4, false)).toBe('####');
    expect(bar(-1, 4, false)).toBe('');
  });
});

describe('resultLines', () => {
  it('lines up names, percentages and bars', () => {
    expect(resultLines({ image: 'photo.png', predictions }, plain)).toEqual([
      'photo.png',
      '  cat          90.00 %  ██████████████████████████████▋',
      '  automobile    9.99 %  ███▍',
    ]);
  });
  it('lets no name speak to the terminal', () => {
    const evil = '\u001b]52;c;eA==\u0007\nfake\u202e';
    const lines = resultLines(
      { image: evil, predictions: [{ label: evil, index: 0, probability: 1 }] },
      { ...plain, width: 100, colour: true },
    );
    expect(lines).toHaveLength(2);
    for (const line of lines) {
      expect(line).toContain('\\u001b]52;c;eA==\\u0007\\nfake\\u202e');
      // Only the table's own colours.
      const plainly = line.replaceAll('\u001b[1m', '').replaceAll('\u001b[33m', '').replaceAll('\u001b[0m', '');
      expect(printableName(plainly)).toBe(plainly);
    }
  });
  it('never grows wider than the terminal', () => {
    const long = [{ label: 'a'.repeat(80), index: 0, probability: 1 }];
    for (const line of resultLines({ image: 'x.png', predictions: long }, plain)) expect(line.length).toBeLessThanOrEqual(60);
  });
  it('keeps colours out unless they are wanted', () => {
    const lines = (colour: boolean) => resultLines({ image: 'x.png', predictions }, { ...plain, colour }).join('');
    expect(lines(false)).not.toContain('\u001b');
    expect(lines(true)).toContain('\u001b[33m');
  });
});
