import type { Tensor } from '../api/tensor.ts';

/** Number types found in checkpoints; all are read as float32 (int64 exactly up to 2^24). */
export type DType = 'f64' | 'f32' | 'f16' | 'bf16' | 'i64' | 'i32' | 'i16' | 'i8' | 'u8' | 'bool';

/** What kind of file a checkpoint was in. */
export type CheckpointFormat =
  | 'safetensors'
  | 'pytorch-zip'
  | 'pytorch-legacy'
  | 'torchscript'
  | 'torch-export'
  | 'pickle'
  | 'npz'
  | 'tfjs'
  | 'memory';

/** Whose names the keys are; `unknown` until an architecture says otherwise. */
export type NamingScheme = 'torchvision' | 'timm' | 'mmpretrain' | 'mmdet' | 'transformers' | 'akamaster' | 'canonical' | 'unknown';

/** A tensor of a checkpoint, whose numbers are read on demand. */
export interface CheckpointTensor {
  /** As the file has it. */
  readonly dtype: DType;
  /** As PyTorch has it: of a convolution [out, in / groups, kh, kw], of a linear layer [out, in]. */
  readonly shape: readonly number[];
  /**
   * The numbers as contiguous float32; a view of the file's bytes where these are aligned float32, else a copy.
   * @throws {ResnetError} `checkpoint-truncated`, `checkpoint-format`; of a file that has changed or gone since, `integrity`, `network`
   * @example
   * ```ts
   * import { readCheckpoint } from 'resnet-webgpu';
   *
   * const { tensors } = await readCheckpoint(await (await fetch('resnet18.pth')).blob());
   * const weight = await tensors.get('conv1.weight')?.read();
   * console.log(weight?.shape, weight?.data); // [64, 3, 7, 7]
   * ```
   */
  read(): Promise<Tensor>;
}

/** A module of a pickled model or a TorchScript archive: inert, a name and plain attributes. */
export interface ModuleInfo {
  /** Class, without its package: `Conv2d`, `BatchNorm2d`, `AdaptiveAvgPool2d`, `Bottleneck`. */
  type: string;
  /** Plain attributes as PyTorch calls them: `stride: [2, 2]`, `eps: 1e-5`, `num_groups: 2`, `training: false`. */
  attributes: Readonly<Record<string, unknown>>;
}

/** A checkpoint's table of contents; tensors are read one by one, on demand. */
export interface Checkpoint {
  /** What kind of file it was in; `memory` for tensors that the caller had. */
  readonly format: CheckpointFormat;
  /** Whose names the tensors have. */
  readonly scheme: NamingScheme;
  /** The file's name, where it has one. */
  readonly file?: string;
  /** What the file says about itself: safetensors' __metadata__, plain scalars and strings beside the state dict. */
  readonly metadata: Record<string, unknown>;
  /** By key, unwrapped: without `state_dict`, `module.` and the like. */
  readonly tensors: Map<string, CheckpointTensor>;
  /**
   * Every tensor of the file by its full path (dicts, lists and dots of keys alike: `ema.module.conv1.weight`), where `tensors` has
   * other names or not all of them.
   */
  readonly tree?: ReadonlyMap<string, CheckpointTensor>;
  /** Tensors that the caller's `rename` gave these names; a trunk of them goes before others. */
  readonly renamed?: ReadonlySet<string>;
  /** Modules by path, in the order that they were made in: paths are those of `tree`, or of `tensors` where there is none. */
  readonly modules?: ReadonlyMap<string, ModuleInfo>;
}
