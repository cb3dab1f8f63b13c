import { describe, expect, test } from 'vitest';
import { CURVES as DEFAULTS } from '../../graph/curve-ops.ts';
import type { GraphNode } from '../../graph/types.ts';
import { ATTRIBUTES } from '../epilogue.reference.ts';
import { CURVES, curve, curveOf } from './curves.ts';

const constantsOf = (op: (typeof CURVES)[number], attributes: object = ATTRIBUTES[op]) =>
  curveOf({ op, attributes } as GraphNode)?.curve?.constants ?? {};

test('no two activations have one number in the shader', () => {
  // 0 is none, and 1 is ReLU.
  const numbers: unknown[] = [0, 1, ...CURVES.map((op) => constantsOf(op).ACTIVATION)];
  expect(CURVES.filter((op) => numbers.indexOf(constantsOf(op).ACTIVATION) !== CURVES.indexOf(op) + 2)).toEqual([]);
});

describe.each(CURVES)('%s', (op) => {
  test('each attribute is a constant of its own', () => {
    const attributes = Object.fromEntries(Object.keys(DEFAULTS[op]).map((name, i) => [name, 101 + i]));
    expect(Object.values(constantsOf(op, attributes))).toEqual(expect.arrayContaining(Object.values(attributes)));
  });

  test('is not tested with its defaults', () => {
    for (const [name, value] of Object.entries(DEFAULTS[op])) expect(ATTRIBUTES[op]).not.toHaveProperty(name, value);
  });
});

test('ReLU and what is not an activation are none', () => {
  expect(curveOf({ op: 'relu', attributes: {} } as GraphNode)).toBeUndefined();
  expect(curveOf({ op: 'add', attributes: {} } as GraphNode)).toBeUndefined();
  expect(curve('elu', { alpha: 0.3 }).curve?.constants).toMatchObject({ AMOUNT: 0.3 });
});
