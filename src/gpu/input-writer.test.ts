import { expect, it } from 'vitest';
import { arrayBatch, type InputPlace } from './input-writer.ts';

it('writes the images that a part takes, to the place of the input', () => {
  const written: [unknown, number, number[]][] = [];
  const buffer = {} as GPUBuffer;
  const queue = { writeBuffer: (to: GPUBuffer, at: number, data: Float32Array) => written.push([to, at, [...data]]) };
  const place = { device: { queue }, buffer, byteOffset: 256 } as unknown as InputPlace;
  const batch = arrayBatch(new Float32Array([1, 2, 3, 4, 5, 6]), 3);
  batch.part(1, 2).write(place);
  batch.part(0, 1).write(place);
  expect(written).toEqual([
    [buffer, 256, [3, 4, 5, 6]],
    [buffer, 256, [1, 2]],
  ]);
});
