/** The resize kernels with every browser's shader compiler, compared with small images from Pillow and OpenCV (test/preprocess/make_vectors.py). */
import type { List } from '../harness/case.ts';
import { pixelsOf } from '../harness/pixels.ts';
import { differences, noise, tolerance, type Vector, vectors } from '../preprocess/vectors.ts';

export const list: List = async ({ device }) => {
  const kinds = new Map<string, Vector[]>();
  for (const vector of vectors) {
    const kind = `${vector.kernel} ${vector.filter}`;
    kinds.set(kind, [...(kinds.get(kind) ?? []), vector]);
  }
  return [...kinds].map(([kind, members]) => ({
    name: `resize/${kind}`,
    run: async () => {
      for (const vector of members) await checkVector(device, vector);
      return `${members.length} sizes`;
    },
  }));
};

async function checkVector(device: GPUDevice, vector: Vector): Promise<void> {
  const { kernel, filter, seed, from, to, bytes } = vector;
  const [width, height] = from;
  const { rgb } = await pixelsOf(
    device,
    { data: noise(seed, width * height * 3), width, height },
    { mean: [0, 0, 0], std: [1, 1, 1], order: 'rgb', resize: { size: [to[1], to[0]], edge: 'exact', filter, kernel } },
  );
  const { count, most } = differences(rgb, bytes);
  if (count > tolerance(vector).count || most > tolerance(vector).most)
    throw new Error(`${from} to ${to}: ${count} bytes differ, by ${most}`);
}
