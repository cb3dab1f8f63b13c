/**
 * What config.json and preprocessor_config.json of a transformers repository say. Forms and defaults:
 * https://github.com/huggingface/transformers, models/{resnet,regnet}/configuration_*.py and models/convnext/image_processing_*.py
 */
import type { LibraryConfig } from '../arch/config.ts';
import { ResnetError } from '../errors.ts';
import type { Preprocess } from '../types.ts';
import type { Json, RepositoryCard } from './hub.ts';

const ARGUMENTS = [
  'num_channels',
  'embedding_size',
  'hidden_sizes',
  'depths',
  'layer_type',
  'hidden_act',
  'downsample_in_first_stage',
  'downsample_in_bottleneck',
  'groups_width',
];

/** @param processor preprocessor_config.json, where there is one */
export function transformersCard(config: Json, processor: Json | undefined, repository: string): RepositoryCard {
  const type = String(config.model_type);
  const [architecture] = (config.architectures as string[] | undefined) ?? [];
  if (type !== 'resnet' && type !== 'regnet') {
    const what = `a '${type}' model of transformers${architecture ? ` (${architecture})` : ''}`;
    throw new ResnetError('unsupported', `The repository holds ${what}, which is no network of the ResNet family.`, {
      layer: repository,
      hint: "Choose one whose model_type is 'resnet' or 'regnet'.",
    });
  }
  const labels = config.id2label === undefined ? undefined : labelsOf(config.id2label as Record<string, string>);
  const bare = architecture !== undefined && !/ForImageClassification$/.test(architecture);
  const classes = bare ? 0 : (labels?.length ?? Number(config.num_labels ?? 2));
  const given = ARGUMENTS.filter((name) => config[name] !== undefined && config[name] !== null).map((name) => [name, config[name]]);
  const arch: LibraryConfig = { library: 'transformers', type, ...Object.fromEntries(given), num_labels: classes };
  return { arch, ...(classes > 0 && { labels }), ...(processor && recipe(processor, repository)) };
}

/** In index order; the keys of a JSON object are strings. */
function labelsOf(id2label: Record<string, string>): string[] {
  const labels: string[] = [];
  for (const [index, label] of Object.entries(id2label)) labels[Number(index)] = label;
  return Array.from(labels, (label, i) => label ?? String(i));
}

type Steps = Pick<Preprocess, 'resize' | 'crop'> & { inputSize: [number, number] };

/** `IMAGENET_STANDARD` and `OPENAI_CLIP` of image_utils.py. */
const HALF = [0.5, 0.5, 0.5];
const CLIP = { mean: [0.48145466, 0.4578275, 0.40821073], std: [0.26862954, 0.26130258, 0.27577711] };

function recipe(processor: Json, repository: string): Pick<RepositoryCard, 'preprocess' | 'inputSize'> {
  const name = String(processor.image_processor_type ?? processor.feature_extractor_type ?? 'ConvNextImageProcessor');
  const kind = /^(ConvNext|ViT|Bit|CLIP)(FeatureExtractor|ImageProcessor(Fast)?)$/.exec(name)?.[1];
  const fail = (what: string) =>
    new ResnetError('unsupported', `Its images go through ${what}, which cannot be done here.`, {
      layer: `${repository}/preprocessor_config.json`,
      hint: 'Pass arch and preprocess besides the weights: loadModel({ arch, weights, preprocess }).',
    });
  if (!kind) throw fail(name);
  // Pillow's numbers of its filters.
  const filter = ({ 2: 'bilinear', 3: 'bicubic' } as const)[Number(processor.resample ?? (kind === 'ViT' ? 2 : 3))];
  if (!filter) throw fail(`${name} with the filter ${processor.resample}`);
  const how = { filter, kernel: 'pillow' } as const;
  const { inputSize, ...steps } =
    kind === 'ConvNext' ? convnext(processor, how) : kind === 'ViT' ? vit(processor, how) : clip(processor, how);
  const fallback = kind === 'ConvNext' || kind === 'ViT' ? { mean: HALF, std: HALF } : CLIP;
  return { inputSize, preprocess: { ...steps, cropRounding: 'transformers', ...levels(processor, fallback), order: 'rgb' } };
}

type How = Pick<NonNullable<Preprocess['resize']>, 'filter' | 'kernel'>;

/** Below 384 the short edge is scaled and the middle cut out, from 384 on the image is distorted to the square. */
function convnext({ size, crop_pct, do_resize = true }: Json, how: How): Steps {
  const edge = edgeOf(size, 'shortest_edge', 384);
  const inputSize: [number, number] = [edge, edge];
  if (!do_resize) return { resize: null, crop: null, inputSize };
  if (edge >= 384) return { resize: { size: inputSize, edge: 'exact', ...how }, crop: null, inputSize };
  return { resize: { size: Math.trunc(edge / Number(crop_pct ?? 0.875)), edge: 'short', ...how }, crop: edge, inputSize };
}

function vit({ size, do_resize = true }: Json, how: How): Steps {
  const inputSize: [number, number] = [edgeOf(size, 'height', 224), edgeOf(size, 'width', 224)];
  return { resize: do_resize ? { size: inputSize, edge: 'exact', ...how } : null, crop: null, inputSize };
}

function clip({ size, crop_size, do_resize = true, do_center_crop = true }: Json, how: How): Steps {
  const crop: [number, number] = [edgeOf(crop_size, 'height', 224), edgeOf(crop_size, 'width', 224)];
  const edge = edgeOf(size, 'shortest_edge', 224);
  return {
    resize: do_resize ? { size: edge, edge: 'short', ...how } : null,
    crop: do_center_crop ? crop : null,
    inputSize: do_center_crop ? crop : [edge, edge],
  };
}

/** Sizes are a number in files before transformers 4.26, an object since. */
function edgeOf(size: unknown, name: string, fallback: number): number {
  const value = typeof size === 'object' && size !== null ? (size as Json)[name] : size;
  return Number(value ?? fallback);
}

/** `(x * factor - mean) / std` on the 0..255 scale. */
function levels(processor: Json, fallback: { mean: number[]; std: number[] }): Pick<Preprocess, 'mean' | 'std'> {
  const { do_rescale = true, rescale_factor, do_normalize = true, image_mean, image_std } = processor;
  // 1/255 is no binary fraction; its reciprocal is.
  const white = do_rescale ? Math.round(1e6 / Number(rescale_factor ?? 1 / 255)) / 1e6 : 1;
  const scaled = (values: unknown, usual: number[]) => ((values as number[] | undefined) ?? usual).map((value) => value * white);
  if (!do_normalize) return { mean: [0, 0, 0], std: [white, white, white] };
  return { mean: scaled(image_mean, fallback.mean), std: scaled(image_std, fallback.std) };
}
