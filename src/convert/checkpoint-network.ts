/** The network of a checkpoint, for conversion and export. */

import type { Assumption, Preprocess, SourceInfo } from '../api/types.ts';
import type { Arch, ResolvedArch } from '../arch/index.ts';
import { along, pixelEntries } from '../checkpoint/along.ts';
import { type BoundCheckpoint, bindCheckpoint } from '../checkpoint/bind.ts';
import type { Checkpoint } from '../checkpoint/types.ts';
import { understand } from '../checkpoint/understand.ts';
import { loadLabels } from '../classify/labels.ts';
import type { Graph } from '../graph/types.ts';
import { mergePreprocess } from '../image/recipe.ts';
import { ResnetError } from '../util/errors.ts';

export interface NetworkOptions {
  /** Default: guessed from the checkpoint's keys and shapes. */
  arch?: Arch;
  numClasses?: number;
  /** `false` allows tensors that the network does not use. */
  strict?: boolean;
  /** Default: the labels of the data set that the architecture's checkpoints were trained on, if the number fits. */
  labels?: string[];
  /** Overrides fields of the architecture's recipe. */
  preprocess?: Partial<Preprocess>;
  /** [height, width] */
  inputSize?: [number, number];
}

export interface Network {
  arch: ResolvedArch;
  /** The name or configuration, as given or guessed. */
  archSpec: Arch;
  /** For one image. */
  graph: Graph;
  /** Tensors, by the names of `graph`. */
  checkpoint: Checkpoint;
  bound: BoundCheckpoint;
  inputSize: [number, number];
  preprocess: Preprocess;
  labels?: string[];
  ignoredKeys: string[];
  source: SourceInfo;
  assumed: Assumption[];
}

/**
 * @param shapeOf shape of the graph's input; default: one image of the network's own size
 * @throws ResnetError `checkpoint-keys`, `ambiguous-arch` and the errors of resolveArch; `usage` for labels that do not fit
 */
export async function readNetwork(
  file: Checkpoint,
  options: NetworkOptions,
  shapeOf = (channels: number, size: readonly [number, number]): number[] => [1, channels, ...size],
): Promise<Network> {
  const { arch, archSpec, view, assumed, source } = await understand(file, options);
  const checkpoint = view?.(file) ?? file;
  const brought = along(file, arch, options.arch === undefined, await pixelEntries(file, arch.inputChannels));
  const inputSize = options.inputSize ?? brought.inputSize ?? arch.inputSize;
  const graph = arch.build(shapeOf(arch.inputChannels, inputSize));
  const bound = await bindCheckpoint(graph, checkpoint, { strict: options.strict, arch: arch.name });
  return {
    arch,
    archSpec,
    graph,
    checkpoint,
    bound,
    inputSize,
    preprocess: mergePreprocess({ ...arch.preprocess, ...brought.preprocess }, options.preprocess, arch.inputChannels),
    labels: await labelsOf(arch, options.labels ?? brought.labels),
    ignoredKeys: [...new Set([...source.ignored, ...bound.ignoredKeys])],
    source,
    assumed: [...assumed, ...arch.assumed, ...brought.said],
  };
}

async function labelsOf({ labels, classes }: ResolvedArch, own: string[] | undefined): Promise<string[] | undefined> {
  if (own && own.length !== classes) {
    throw new ResnetError('usage', `There are ${own.length} labels for ${classes ?? 'no'} classes.`, {
      layer: 'labels',
      hint: 'Pass one label for each class, in the order of the logits.',
    });
  }
  const known = own ?? (labels && (await loadLabels(labels)));
  return known?.length === classes ? known : undefined;
}
