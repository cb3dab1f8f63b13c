/** The reference photos as bytes, and goldens/preprocess as recipes of this library. */
import { readFileSync } from 'node:fs';
import { PNG } from 'pngjs';
import type { Preprocess, RawImage } from '../../src/api/types.ts';
import { readNpy, readNpyTensor } from '../support/npy.ts';

const photos = new URL('../photos/', import.meta.url);
const resized = new URL('../checkpoints/images/photos/', import.meta.url);
const goldens = new URL('../goldens/preprocess/', import.meta.url);

/** RGBA bytes of a photo, or of one that torchvision resized: `chelsea.resize32-crop32`. */
export function photo(name: string): RawImage {
  return PNG.sync.read(readFileSync(new URL(`${name}.png`, name.includes('.') ? resized : photos)));
}

export const IMAGENET = { mean: [123.675, 116.28, 103.53], std: [58.395, 57.12, 57.375], order: 'rgb' } as const;

/** A recipe whose tensor contains the bytes themselves. */
export const BYTES = { mean: [0, 0, 0], std: [1, 1, 1], order: 'rgb' } as const;

/** torchvision's Resize and CenterCrop. */
export function torchvision(size: number, crop: number, filter: 'bilinear' | 'bicubic' = 'bilinear'): Preprocess {
  return { ...IMAGENET, mean: [...IMAGENET.mean], std: [...IMAGENET.std], resize: { size, edge: 'short', filter, kernel: 'pillow' }, crop };
}

interface PipelineStep {
  type: 'ResizeEdge' | 'CenterCrop';
  scale?: number;
  crop_size?: number;
  backend?: 'pillow';
  interpolation?: 'bicubic';
}

interface GoldenJson {
  config: {
    pipeline: PipelineStep[];
    data_preprocessor: { mean: number[]; std: number[]; to_rgb: boolean; pad_size_divisor?: number; pad_value?: number };
  };
}

export interface Golden {
  name: string;
  image: RawImage;
  preprocess: Preprocess;
  /** RGB bytes after the pipeline, before normalising. */
  resized: Uint8Array;
  output: { data: Float32Array; shape: number[] };
}

export const GOLDENS = ['imagenet_cv2', 'imagenet_pillow_bicubic', 'bgr_unit_std', 'cifar'];

export function golden(name: string): Golden {
  const file = (path: string) => readFileSync(new URL(`${name}/${path}`, goldens));
  const { config } = JSON.parse(file('case.json').toString()) as GoldenJson;
  const image = readNpy(file('image.npy'));
  const [height = 0, width = 0] = image.shape;
  const { mean, std, to_rgb, pad_size_divisor, pad_value } = config.data_preprocessor;
  const edge = config.pipeline.find(({ type }) => type === 'ResizeEdge');
  const crop = config.pipeline.find(({ type }) => type === 'CenterCrop');
  return {
    name,
    image: { data: reversed(image.data as Uint8Array), width, height },
    preprocess: {
      mean,
      std,
      order: to_rgb ? 'rgb' : 'bgr',
      resize: edge
        ? { size: edge.scale ?? 0, edge: 'short', filter: edge.interpolation ?? 'bilinear', kernel: edge.backend ?? 'opencv' }
        : null,
      crop: crop?.crop_size ?? null,
      cropRounding: 'openmmlab',
      padDivisor: pad_size_divisor,
      padValue: pad_value,
    },
    resized: reversed(readNpy(file('resized.npy')).data as Uint8Array),
    output: readNpyTensor(file('output.npy')),
  };
}

/** BGR to RGB. */
function reversed(bytes: Uint8Array): Uint8Array {
  return bytes.map((_, i) => bytes[i - (i % 3) + 2 - (i % 3)] ?? 0);
}
