import { inferShape } from '../../graph/ops.ts';
import type { OpAttributes } from '../../graph/types.ts';
import { denseBuffer, type KernelCase, tensorOf } from '../lib/case.ts';
import { references } from '../references.ts';
import { matmulDispatch } from './dispatch.ts';
import { matmul } from './reference.ts';

const { add_broadcast: addBroadcast } = references;

function multiply(
  batch: number[],
  m: number,
  k: number,
  n: number,
  { addend: addendRows, ...flags }: Partial<OpAttributes['matmul']> & { addend?: number } = {},
): KernelCase {
  const attributes = { transposeA: false, transposeB: false, scale: 1, ...flags };
  const left = [...batch, ...(attributes.transposeA ? [k, m] : [m, k])];
  const right = [...batch, ...(attributes.transposeB ? [n, k] : [k, n])];
  const text = (shape: number[], transposed: boolean) => `[${shape.join()}]${transposed ? "'" : ''}`;
  const name = `${text(left, attributes.transposeA)} x ${text(right, attributes.transposeB)}${attributes.scale === 1 ? '' : ' scaled'}${addendRows ? ` and ${addendRows} rows` : ''}`;
  const addend = denseBuffer([...batch, addendRows ?? 1, n], 3);
  return {
    name,
    buffers: {
      left: denseBuffer(left, 1),
      right: denseBuffer(right, 2),
      addend,
      output: denseBuffer(inferShape.matmul(attributes, [left, right], name)),
    },
    steps: () => [
      {
        dispatch: matmulDispatch({ layer: name, attributes, left, right, ...(addendRows && { addend: addend.shape }) }),
        operands: ['left', 'right', addendRows ? 'addend' : 'left', 'output'],
      },
    ],
    output: 'output',
    expected: (tensors) => {
      const product = matmul(attributes, [tensorOf(tensors, 'left'), tensorOf(tensors, 'right')], {});
      return addendRows ? addBroadcast({}, [product, tensorOf(tensors, 'addend')], {}) : product;
    },
  };
}

export const cases: KernelCase[] = [
  multiply([2, 3], 19, 6, 13),
  multiply([1], 32, 16, 32),
  multiply([1], 196, 64, 196, { transposeB: true, scale: 0.125 }),
  multiply([2], 33, 35, 70, { transposeA: true }),
  multiply([2, 2], 33, 6, 35, { transposeA: true, addend: 33 }),
  multiply([2], 34, 9, 33, { scale: 0.5, addend: 1 }),
  multiply([1], 65, 17, 31, { transposeA: true, transposeB: true }),
  multiply([], 1, 300, 1),
  multiply([3], 1, 1, 5),
];
