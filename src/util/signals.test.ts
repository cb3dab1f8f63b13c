import { expect, it } from 'vitest';
import { anySignal } from './signals.ts';

it('aborts with the first of its signals, for the same reason', () => {
  const [a, b] = [new AbortController(), new AbortController()];
  const either = anySignal(a.signal, undefined, b.signal);
  expect(either.aborted).toBe(false);
  b.abort('b');
  a.abort('a');
  expect(either.reason).toBe('b');
  expect(anySignal(undefined, b.signal).reason).toBe('b');
});
