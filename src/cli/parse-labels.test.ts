import { describe, expect, it } from 'vitest';
import { LabelsError, parseLabels } from './parse-labels.ts';

describe('parseLabels', () => {
  it('reads one name a line, whatever ends the lines', () => {
    expect(parseLabels('tench\r\ngreat white shark\n')).toEqual(['tench', 'great white shark']);
  });

  it('reads JSON arrays, and objects from index to name or to [synset, name]', () => {
    expect(parseLabels('["cat", "dog"]')).toEqual(['cat', 'dog']);
    expect(parseLabels('{"1": "dog", "0": ["n02123045", "cat"]}')).toEqual(['cat', 'dog']);
  });

  it('takes blank text as no labels', () => {
    expect(parseLabels(' \n')).toBeUndefined();
  });

  it('says what is wrong', () => {
    expect(() => parseLabels('["cat", 3]')).toThrow(new LabelsError('A label must be text, not 3.'));
    expect(() => parseLabels('{"0": "cat", "2": "dog"}')).toThrow('The labels’ key “2” is not a class index from 0 to 1.');
    expect(() => parseLabels('["cat"')).toThrow(/^The labels look like JSON but do not parse: /);
  });
});
