import { expect, test } from 'vitest';
import { ResnetError } from './errors.ts';

test('an error goes by its name, and so does its class', () => {
  const error = new ResnetError('usage', 'No.', { hint: 'Yes.' });
  expect([error.name, error.constructor.name]).toEqual(['ResnetError', 'ResnetError']);
});
