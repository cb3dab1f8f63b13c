import { describe, expect, it } from 'vitest';
import type { ImageSource, Preprocess } from '../api/types.ts';
import type { Engine } from '../gpu/device.ts';
import type { Pixels } from '../image/pixels.ts';
import { take } from '../image/take.ts';
import { ResnetError } from '../util/errors.ts';
import { OpenImages, type Preparing } from './open-images.ts';

const [first, second] = [{}, {}] as [Engine, Engine];
const raw = (width: number, height: number): ImageSource => ({ data: new Uint8Array(width * height * 3), width, height });

/** A pipeline whose tensors are as large as the images, and that says what was closed. */
function pipeline(refuses: (pixels: Pixels) => boolean = () => false) {
  const open = new Set<Pixels>();
  const planned: Engine[] = [];
  const preparing = {
    preprocess: {} as Preprocess,
    pipelineOf: (engine: Engine) => ({
      plan(pixels: Pixels) {
        planned.push(engine);
        open.add(pixels);
        pixels.close = () => open.delete(pixels);
        if (refuses(pixels)) throw new ResnetError('image', 'It is too small.', { layer: 'image', hint: '' });
        return { shape: [3, pixels.height, pixels.width] };
      },
    }),
  } as unknown as Preparing;
  return { preparing, open, planned };
}

describe('images of a call', () => {
  it('are grouped by the shape of their tensors, in order', async () => {
    const { preparing } = pipeline();
    const images = await OpenImages.open([raw(4, 2), raw(2, 4), raw(4, 2)].map(take), first, preparing);
    expect(images.groups).toEqual([
      { shape: [3, 2, 4], members: [0, 2] },
      { shape: [3, 4, 2], members: [1] },
    ]);
  });

  it('are opened once for each device', async () => {
    const { preparing, open, planned } = pipeline();
    const images = await OpenImages.open([raw(4, 2), raw(2, 4)].map(take), first, preparing);
    await images.on(first);
    expect(planned).toEqual([first, first]);
    await images.on(second);
    await images.on(second);
    expect(planned).toEqual([first, first, second, second]);
    // Those of the lost device are closed.
    expect(open.size).toBe(2);
    images.close();
    expect(open.size).toBe(0);
  });

  it('are all closed where one fails, and the error says which', async () => {
    const { preparing, open } = pipeline(({ width }) => width === 1);
    const opening = OpenImages.open([raw(4, 2), raw(1, 4), raw(3, 3)].map(take), first, preparing);
    await expect(opening).rejects.toMatchObject({ code: 'image', layer: 'images[1]' });
    await new Promise((resolve) => setTimeout(resolve));
    expect(open.size).toBe(0);
  });

  it('of which there is one, the error does not number it', async () => {
    const { preparing } = pipeline(() => true);
    await expect(OpenImages.open([take(raw(1, 1))], first, preparing)).rejects.toMatchObject({ layer: 'image' });
  });

  it('are not opened after the signal', async () => {
    const { preparing, planned } = pipeline();
    await expect(OpenImages.open([take(raw(1, 1))], first, preparing, AbortSignal.abort())).rejects.toMatchObject({ code: 'aborted' });
    expect(planned).toEqual([]);
  });
});
