/** From pixels to the input tensor, compared with OpenCV, Pillow and torchvision. */
import { loadModel, type Preprocess, type Tensor } from '../../src/index.ts';
import type { BrowserCase, Context, List } from '../harness/case.ts';
import { paths, readCase, readTensor } from '../harness/goldens.ts';
import { readNpy } from '../support/npy.ts';

interface Step {
  type: 'ResizeEdge' | 'Resize' | 'CenterCrop';
  scale?: number | [width: number, height: number];
  crop_size?: number;
  backend?: 'cv2' | 'pillow';
  interpolation?: 'bilinear' | 'bicubic';
}

interface PreprocessCase {
  config: {
    pipeline: Step[];
    data_preprocessor: { mean: number[]; std: number[]; to_rgb: boolean; pad_size_divisor?: number; pad_value?: number };
  };
  input: { file: string };
  output: { file: string };
}

export const list: List = async (context) => {
  const golden = (await paths(context, 'preprocess')).map((path) => ({ name: path, run: () => checkGolden(context, path) }));
  return [...golden, ...photos.flatMap((photo) => crops.map((crop) => photoCase(context, photo, crop)))];
};

function preprocessOf({ pipeline, data_preprocessor: data }: PreprocessCase['config']): Preprocess {
  const preprocess: Preprocess = { resize: null, crop: null, mean: data.mean, std: data.std, order: data.to_rgb ? 'rgb' : 'bgr' };
  for (const { type, scale, crop_size, backend = 'cv2', interpolation: filter = 'bilinear' } of pipeline) {
    const kernel = backend === 'cv2' ? 'opencv' : 'pillow';
    if (type === 'CenterCrop') Object.assign(preprocess, { crop: crop_size, cropRounding: 'openmmlab' });
    else if (typeof scale === 'number') preprocess.resize = { size: scale, edge: 'short', filter, kernel };
    else if (scale) preprocess.resize = { size: [scale[1], scale[0]], edge: 'exact', filter, kernel };
  }
  if (data.pad_size_divisor !== undefined) preprocess.padDivisor = data.pad_size_divisor;
  if (data.pad_value !== undefined) preprocess.padValue = data.pad_value;
  return preprocess;
}

/** The network only provides the preprocessing, so a small one is enough. */
async function withModel<T>(
  { device }: Context,
  preprocess: Preprocess,
  use: (model: Awaited<ReturnType<typeof loadModel>>) => Promise<T>,
) {
  const arch = {
    type: 'ResNet',
    depth: 18,
    stem_channels: 4,
    base_channels: 4,
    num_stages: 1,
    strides: [1],
    dilations: [1],
    out_indices: [0],
  };
  const model = await loadModel({ arch, weights: { random: 1 }, preprocess }, { device });
  try {
    return await use(model);
  } finally {
    model.dispose();
  }
}

async function checkGolden(context: Context, path: string): Promise<string> {
  const { config, input, output } = await readCase<PreprocessCase>(context, path);
  const { data: bgr, shape } = readNpy(await context.bytes(`test/goldens/${path}/${input.file}`));
  const [height = 0, width = 0] = shape;
  const data = Uint8Array.from({ length: bgr.length }, (_, i) => Number(bgr[i - (i % 3) + 2 - (i % 3)] ?? 0));
  const preprocess = preprocessOf(config);
  const actual = await withModel(context, preprocess, (model) => model.preprocess({ data, width, height }));
  const expected = await readTensor(context, path, output);
  // Resampling may round to the neighbouring level. Without it there is nothing to round.
  return compareLevels(actual, expected, preprocess.std, preprocess.resize ? 1 : 0);
}

/** Throws if a value is off by more than `levels` of 255. Returns how many are off at all. */
function compareLevels(actual: Tensor, expected: Tensor, std: number[], levels: number): string {
  if (actual.shape.join() !== expected.shape.join()) throw new Error(`shape is [${actual.shape}], expected [${expected.shape}]`);
  const [, channels = 1, h = 1, w = 1] = expected.shape;
  let off = 0;
  for (const [i, value] of expected.data.entries()) {
    const scale = std[Math.floor(i / (h * w)) % channels] ?? 1;
    const difference = Math.abs((actual.data[i] ?? Number.NaN) - value) * scale;
    // Precision of 255 / std in float32, times std.
    if (!(difference <= levels + 1e-3)) throw new Error(`value ${i} is ${actual.data[i]}, expected ${value}: ${difference} levels off`);
    if (difference > 1e-3) off++;
  }
  return `${((100 * off) / expected.data.length).toFixed(2)} % off by a level`;
}

const photos = ['camera.png', 'chelsea.png', 'coffee.png', 'rocket.jpg'];
const crops = [
  { resize: 32, crop: 32 },
  { resize: 256, crop: 224 },
];

/** torchvision's Resize and CenterCrop of a photo that the browser decoded. */
function photoCase(context: Context, photo: string, { resize, crop }: { resize: number; crop: number }): BrowserCase {
  const reference = `${photo.replace(/\..*/, '')}.resize${resize}-crop${crop}.png`;
  return {
    name: `preprocess/photos ${reference}`,
    run: async () => {
      const preprocess: Preprocess = {
        resize: { size: resize, edge: 'short', filter: 'bilinear', kernel: 'pillow' },
        crop,
        cropRounding: 'torchvision',
        mean: [0, 0, 0],
        std: [1, 1, 1],
        order: 'rgb',
      };
      const plain: Preprocess = { ...preprocess, resize: null, crop: null };
      const blob = async (file: string) => new Blob([(await context.bytes(file)) as BlobPart]);
      const image = await blob(`test/photos/${photo}`);
      const expected = await blob(`test/checkpoints/images/photos/${reference}`);
      const actual = await withModel(context, preprocess, (model) => model.preprocess(image));
      const wanted = await withModel(context, plain, (model) => model.preprocess(expected));
      // Browsers and Pillow may decode a JPEG to neighbouring levels.
      return compareLevels(actual, wanted, preprocess.std, photo.endsWith('.jpg') ? 2 : 1);
    },
  };
}
