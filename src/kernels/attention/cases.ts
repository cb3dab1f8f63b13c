import { inferShape } from '../../graph/ops.ts';
import { product } from '../../graph/shape.ts';
import type { OpAttributes, PositionEnergyAttributes, Shape } from '../../graph/types.ts';
import { bend } from '../epilogue.reference.ts';
import { denseBuffer, type KernelCase, noise, tensorOf } from '../lib/case.ts';
import { positionTable } from '../lib/position-table.ts';
import { references } from '../references.ts';
import { attentionMaskDispatch, broadcastAddDispatch, distancesOf, positionCodesDispatch, positionEnergyDispatch } from './dispatch.ts';
import { attentionMask, positionEnergy } from './reference.ts';

const { add_broadcast: addBroadcast, relu } = references;

function sum(left: Shape, right: Shape, rectify = false): KernelCase {
  const name = `broadcast-add [${left.join()}] + [${right.join()}]${rectify ? ' relu' : ''}`;
  return {
    name,
    buffers: {
      left: denseBuffer(left, 1),
      right: denseBuffer(right, 2),
      output: denseBuffer(inferShape.add_broadcast({}, [left, right], name)),
    },
    steps: () => [
      {
        dispatch: broadcastAddDispatch({ layer: name, left, right, epilogue: bend(rectify ? 'relu' : 'none') }),
        operands: ['left', 'right', 'output'],
      },
    ],
    output: 'output',
    expected: (tensors) => {
      const out = addBroadcast({}, [tensorOf(tensors, 'left'), tensorOf(tensors, 'right')], {});
      return rectify ? relu({}, [out], {}) : out;
    },
  };
}

function position(
  batch: number,
  attributes: Partial<PositionEnergyAttributes>,
  { bias: isBiased = false, addend: addendRows }: { bias?: boolean; addend?: 'row' | 'map' } = {},
): KernelCase {
  const a: PositionEnergyAttributes = {
    heads: 2,
    channels: 12,
    query: [5, 6],
    key: [3, 3],
    queryStride: 1,
    keyStride: 2,
    magnitude: 1,
    features: 16,
    useQuery: true,
    transposed: false,
    ...attributes,
  };
  const name = `position-energy [${batch},${a.channels},${a.query.join()}] to ${a.key.join('x')} keys${a.useQuery ? ' query' : ''}${isBiased ? ' bias' : ''}${a.transposed ? ' transposed' : ''}${addendRows ? ` and a ${addendRows}` : ''}`;
  const [fcX, fcY] = [noise([a.channels, a.features / 2], 1), noise([a.channels, a.features / 2], 2)];
  const table = positionTable(fcX, fcY, a);
  const [columns, rows] = distancesOf(a);
  const bias = noise([a.channels], 3);
  const addend = denseBuffer([batch, a.heads, addendRows === 'row' ? 1 : product(a.query), product(a.key)], 5);
  const params = { layer: name, attributes: a, batch, bias: isBiased, ...(addendRows && { addend: addend.shape }) };
  return {
    name,
    buffers: {
      query: denseBuffer([batch, a.channels, ...a.query], 4),
      bias: { shape: [a.channels], data: bias },
      table: { shape: [table.length], data: table },
      codes: denseBuffer([columns + rows, a.channels]),
      addend,
      output: denseBuffer([batch, a.heads, product(a.query), product(a.key)]),
    },
    steps: () => [
      { dispatch: positionCodesDispatch(name, a), operands: ['table', 'codes'] },
      {
        dispatch: positionEnergyDispatch(params),
        operands: ['query', isBiased ? 'bias' : 'query', 'codes', addendRows ? 'addend' : 'query', 'output'],
      },
    ],
    output: 'output',
    expected: (tensors) => {
      const energy = positionEnergy(a, [tensorOf(tensors, 'query')], { fc_x: fcX, fc_y: fcY, ...(isBiased && { bias }) });
      return addendRows ? addBroadcast({}, [energy, tensorOf(tensors, 'addend')], {}) : energy;
    },
    // An angle of 26 has an ulp of 2e-6, which its sine inherits.
    tolerance: { f32: 5e-6 },
  };
}

function mask(rows: number, a: OpAttributes['attention_mask']): KernelCase {
  const shape = [1, rows, product(a.query), product(a.key)];
  const name = `attention-mask ${a.query.join('x')} to ${a.key.join('x')} within ${a.range}`;
  return {
    name,
    buffers: { input: denseBuffer(shape, 5), output: denseBuffer(shape) },
    steps: () => [{ dispatch: attentionMaskDispatch({ layer: 'case', attributes: a, shape }), operands: ['input', 'output'] }],
    output: 'output',
    expected: (tensors) => attentionMask(a, [tensorOf(tensors, 'input')], {}),
  };
}

export const cases: KernelCase[] = [
  sum([2, 3, 5, 7], [2, 3, 1, 7]),
  sum([2, 35, 1], [2, 1, 9], true),
  sum([4, 1], [1, 5]),
  sum([1, 3, 1, 7], [1, 3, 5, 1]),
  sum([3], [3]),
  position(2, {}, { bias: true }),
  position(1, {}, { addend: 'map' }),
  position(2, { key: [4, 3], queryStride: 2, keyStride: 1 }, { addend: 'row' }),
  position(1, { useQuery: false }, { bias: true }),
  position(1, { query: [5, 5], transposed: true }),
  // More columns, rows, channels and frequencies than threads.
  position(1, { heads: 1, channels: 80, query: [2, 3], key: [66, 70], keyStride: 1, features: 272 }, { bias: true }),
  position(1, { heads: 8, channels: 64, query: [14, 14], key: [7, 7], features: 64, magnitude: 2 }, { bias: true }),
  mask(3, { query: [6, 7], key: [3, 4], range: 1, keyStride: 2 }),
  mask(1, { query: [9, 9], key: [9, 9], range: 3, keyStride: 1 }),
  mask(2, { query: [1, 1], key: [4, 4], range: 0, keyStride: 2 }),
];
