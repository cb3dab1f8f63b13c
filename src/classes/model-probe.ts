/** Whether embeddings were made by the same network. Compares the embedding of a fixed picture. */

import type { ImageSource, Model, RawImage } from '../api/types.ts';
import { ResnetError } from '../util/errors.ts';
import { cosine, unit } from './nearest.ts';

const SIZE = 64;

/** Stripes, a ramp and a disc, so that every channel gets something. */
function picture(): RawImage {
  const data = new Uint8Array(SIZE * SIZE * 3);
  for (let y = 0; y < SIZE; y++) {
    for (let x = 0; x < SIZE; x++) {
      const at = 3 * (y * SIZE + x);
      const inside = (x - 40) ** 2 + (y - 24) ** 2 < 300;
      data[at] = inside ? 230 : 4 * x;
      data[at + 1] = (x >> 2) & 1 ? 200 : 40;
      data[at + 2] = inside ? 20 : 4 * y;
    }
  }
  return { data, width: SIZE, height: SIZE };
}

export async function probeOf(model: Model): Promise<Float32Array> {
  return embedded(model, picture());
}

/** A model's embedding. @throws ResnetError `not-finite` */
export async function embedded(model: Model, image: ImageSource, options?: { signal?: AbortSignal }): Promise<Float32Array> {
  const row = await model.embed(image, options);
  checkFinite(row);
  return row;
}

export function checkFinite(row: Float32Array, where = 'image'): void {
  if (row.every(Number.isFinite)) return;
  throw new ResnetError('not-finite', 'The embedding has a value that is NaN or infinite.', {
    layer: where,
    hint: 'Load the model with precision f32, or check its weights.',
  });
}

/** Other precisions and int8 weights of the same network stay above 0.99. Other networks are far below. */
const ALIKE = 0.98;

/** @throws ResnetError `usage` */
export function checkProbe(own: Float32Array, kept: Float32Array | undefined, what: string, arch: string, theirs: string): void {
  const alike = kept?.length === own.length ? cosine(unit(own), unit(kept)) : 0;
  if (alike >= ALIKE) return;
  throw new ResnetError(
    'usage',
    `The ${what} is of another network, ${theirs}: its embedding of the test picture has a similarity of ${alike.toFixed(2)} to that of this ${arch}.`,
    { layer: what, hint: 'Load the model that it was made with, with the same preprocessing.' },
  );
}
