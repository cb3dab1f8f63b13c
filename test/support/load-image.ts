import type { ImageSource, Preprocess } from '../../src/api/types.ts';
import type { ImagePipeline, LoadedImage } from '../../src/image/pipeline.ts';
import { openPixels } from '../../src/image/sources.ts';
import { take } from '../../src/image/take.ts';

/** An image that is ready to be encoded, as in a model. */
export async function loadImage(
  images: ImagePipeline,
  source: ImageSource,
  preprocess: Preprocess,
): Promise<LoadedImage & { close(): void }> {
  const taken = take(source);
  const pixels = await openPixels(taken);
  const close = () => {
    pixels.close();
    taken.close();
  };
  return { ...(await images.load(pixels, preprocess)), close };
}
