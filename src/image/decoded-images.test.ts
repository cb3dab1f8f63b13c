import { describe, expect, it } from 'vitest';
import type { ImageSource, Preprocess } from '../api/types.ts';
import type { Engine } from '../gpu/device.ts';
import { ResnetError } from '../util/errors.ts';
import { DecodedImages } from './decoded-images.ts';
import type { ImagePipelines } from './image-pipelines.ts';
import type { Pixels } from './pixels.ts';
import { take } from './take.ts';

const [first, second] = [{}, {}] as [Engine, Engine];
const raw = (width: number, height: number): ImageSource => ({ data: new Uint8Array(width * height * 3), width, height });

/** A pipeline whose tensors are as large as the images, and that says what was closed. */
function pipeline(refuses: (pixels: Pixels) => boolean = () => false) {
  const open = new Set<Pixels>();
  const planned: Engine[] = [];
  const pipelines = {
    preprocess: {} as Preprocess,
    of: (engine: Engine) => ({
      plan(pixels: Pixels) {
        planned.push(engine);
        open.add(pixels);
        pixels.close = () => open.delete(pixels);
        if (refuses(pixels)) throw new ResnetError('image', 'It is too small.', { layer: 'image', hint: '' });
        return { shape: [3, pixels.height, pixels.width] };
      },
    }),
  } as unknown as ImagePipelines;
  return { pipelines, open, planned };
}

describe('the images of a call', () => {
  it('are grouped by the shape of their tensors, in order', async () => {
    const { pipelines } = pipeline();
    const images = await DecodedImages.decode([raw(4, 2), raw(2, 4), raw(4, 2)].map(take), first, pipelines);
    expect(images.groups).toEqual([
      { shape: [3, 2, 4], members: [0, 2] },
      { shape: [3, 4, 2], members: [1] },
    ]);
  });

  it('are decoded once for each device', async () => {
    const { pipelines, open, planned } = pipeline();
    const images = await DecodedImages.decode([raw(4, 2), raw(2, 4)].map(take), first, pipelines);
    await images.imagesFor(first);
    expect(planned).toEqual([first, first]);
    await images.imagesFor(second);
    await images.imagesFor(second);
    expect(planned).toEqual([first, first, second, second]);
    // Those of the lost device are closed.
    expect(open.size).toBe(2);
    images.close();
    expect(open.size).toBe(0);
  });

  it('are all closed where one fails, and the error says which', async () => {
    const { pipelines, open } = pipeline(({ width }) => width === 1);
    const opening = DecodedImages.decode([raw(4, 2), raw(1, 4), raw(3, 3)].map(take), first, pipelines);
    await expect(opening).rejects.toMatchObject({ code: 'image', layer: 'images[1]' });
    await new Promise((resolve) => setTimeout(resolve));
    expect(open.size).toBe(0);
  });

  it('of which there is one, the error does not number it', async () => {
    const { pipelines } = pipeline(() => true);
    await expect(DecodedImages.decode([take(raw(1, 1))], first, pipelines)).rejects.toMatchObject({ layer: 'image' });
  });

  it('are not decoded after the signal', async () => {
    const { pipelines, planned } = pipeline();
    await expect(DecodedImages.decode([take(raw(1, 1))], first, pipelines, AbortSignal.abort())).rejects.toMatchObject({ code: 'aborted' });
    expect(planned).toEqual([]);
  });
});
