import { describe, expect, it, test } from 'vitest';
import { countRows, ERRORS, type Row, toCsv, toGo, toJson, viewed, WAITING } from './rows.ts';

const row = (name: string, label?: string, probability = 0.5, rest: Partial<Row> = {}): Row => ({
  file: { name, size: 1 },
  name,
  ...(label !== undefined && { predictions: [{ label, index: 0, probability }], latency: probability * 10 }),
  ...rest,
});
const rows = [
  row('img10.jpg', 'cat', 0.9),
  row('img2.jpg', 'dog', 0.6),
  row('bad, "very".jpg', undefined, 0, { error: 'not readable' }),
  row('img1.jpg', 'cat', 0.7),
  row('later.jpg'),
];
const namesOf = (some: readonly Row[]) => some.map(({ name }) => name.replace('.jpg', ''));
const all = { sort: 'order', descending: false, filter: '' } as const;

describe('rows', () => {
  test.each([
    ['order', false, ['img10', 'img2', 'bad, "very"', 'img1', 'later']],
    ['name', false, ['bad, "very"', 'img1', 'img2', 'img10', 'later']],
    ['probability', true, ['img10', 'img1', 'img2', 'bad, "very"', 'later']],
    ['probability', false, ['img2', 'img1', 'img10', 'bad, "very"', 'later']],
    ['label', true, ['img2', 'img10', 'img1', 'bad, "very"', 'later']],
  ] as const)('by %s, descending: %s', (sort, descending, wanted) => {
    expect(namesOf(viewed(rows, { ...all, sort, descending }))).toEqual(wanted);
  });

  test.each([
    ['cat', ['img10', 'img1']],
    [ERRORS, ['bad, "very"']],
    [WAITING, ['later']],
  ])('of the filter %j', (filter, wanted) => expect(namesOf(viewed(rows, { ...all, filter }))).toEqual(wanted));

  it('are counted', () => {
    expect(countRows(rows)).toEqual({
      total: 5,
      done: 4,
      errors: 1,
      labels: [
        ['cat', 2],
        ['dog', 1],
      ],
    });
  });

  it('become lines of CSV', () => {
    expect(toCsv(rows.slice(1, 3))).toBe(
      'file,label,probability,milliseconds,error\r\nimg2.jpg,dog,0.6,6.0,\r\n"bad, ""very"".jpg",,,,not readable\r\n',
    );
  });

  it('become JSON', () => {
    expect(JSON.parse(toJson(rows.slice(1, 3), 'ResNet-18'))).toEqual({
      network: 'ResNet-18',
      images: [
        { file: 'img2.jpg', predictions: [{ label: 'dog', index: 0, probability: 0.6 }], milliseconds: 6 },
        { file: 'bad, "very".jpg', error: 'not readable' },
      ],
    });
  });
});

test.each([
  [10, 2, 100, ''],
  [0, 50, 100, ''],
  [100, 10, 1000, 'about 10 s to go'],
  [1000, 10, 1000, 'about 2 minutes to go'],
])('%i left, %i done in %i ms: %j', (left, done, ms, words) => expect(toGo(left, done, ms)).toBe(words));
