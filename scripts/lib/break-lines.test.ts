import { expect, test } from 'vitest';
import { breakLines, breakMappings, lineBreaks } from './break-lines.mjs';

const code = 'var aa=1,bb=2;function f(x){let y=x+1;if(y>2){g();throw Error(`a;\n b;c`)}return y}class C{m(){}n(){}}f(bb);';

test('lines end between statements, members and variables, never in a string or an expression', () => {
  expect(breakLines(code, lineBreaks(code, 20))).toBe(
    'var aa=1,bb=2;\nfunction f(x){\nlet y=x+1;if(y>2){\ng();throw Error(`a;\n b;c`)}return y}\nclass C{m(){}n(){}}\nf(bb);',
  );
  expect(breakLines('var aa=1,bb=2;', lineBreaks('var aa=1,bb=2;', 9))).toBe('var aa=1,\nbb=2;');
});

test('lines that are short enough stay as they are, and so does what cannot be broken', () => {
  expect(lineBreaks(code, 1000)).toEqual([]);
  const long = `f('${'x;'.repeat(50)}');`;
  expect(lineBreaks(long, 20)).toEqual([]);
});

test('the source map moves with the code', () => {
  // Columns 0, 9, 24 and 20 of the first line map to the same columns of the source. Then comes column 1 of the second line.
  const before = 'AAAA,SAAS,eAAe;CACf';
  const text = `${'x'.repeat(30)}\n yy`;
  expect(breakMappings(before, text, [9])).toBe('AAAA;AAAS,eAAe;CACf');
  expect(breakMappings(before, text, [5, 20])).toBe('AAAA;IAAS;IAAe;CACf');
  expect(breakMappings(before, text, [])).toBe(before);
});
