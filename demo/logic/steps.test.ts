import { describe, expect, it } from 'vitest';
import { ResnetError } from '../../src/index.ts';
import { nextStep, type Reading, withoutAnswer } from './steps.ts';

const seen = { data: new Float32Array(), shape: [] };
const classified: Reading = { predictions: [], runs: [] };
const complete: Reading = { predictions: [], seen, heat: null, runs: new Array(40).fill(10) };

const next = (selected: string, readings: Record<string, Reading>) => nextStep(['a', 'b'], selected, (photo) => readings[photo]);

describe('nextStep', () => {
  it('takes the photo in view first', () => {
    expect(next('b', {})).toEqual({ kind: 'classify', photo: 'b' });
  });
  it('then its evidence, then the others, then the stopwatch', () => {
    expect(next('b', { b: classified })).toEqual({ kind: 'see', photo: 'b' });
    expect(next('b', { b: { ...classified, seen } })).toEqual({ kind: 'explain', photo: 'b' });
    expect(next('b', { b: { ...classified, seen, heat: null } })).toEqual({ kind: 'classify', photo: 'a' });
    expect(next('b', { b: { ...classified, seen, heat: null }, a: classified })).toEqual({ kind: 'time', photo: 'b' });
  });
  it('comes to an end, also where a photo failed', () => {
    expect(next('a', { a: complete, b: classified })).toBeUndefined();
    expect(next('a', { a: complete, b: { runs: [], failure: new Error('no') } })).toBeUndefined();
    expect(next('a', { a: { runs: [], failure: new Error('no') }, b: classified })).toBeUndefined();
  });
});

it('a photo that cannot be read is told from a network that gave no answer', () => {
  expect(withoutAnswer(new ResnetError('image', 'It does not decode.', { hint: 'Use a PNG.' }))).toBe('not readable');
  expect(withoutAnswer(new ResnetError('out-of-memory', 'There is none.', { hint: 'Use f16.' }))).toBe('no answer');
});
