import type { Tensor } from '../api/tensor.ts';

/** Number types found in checkpoints. All are read as float32 (int64 exactly up to 2^24). */
export type DType = 'f64' | 'f32' | 'f16' | 'bf16' | 'i64' | 'i32' | 'i16' | 'i8' | 'u8' | 'bool';

/** The kind of file that a checkpoint was in. */
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

/** The library whose names the keys are. `unknown` until an architecture decides. */
export type NamingScheme = 'torchvision' | 'timm' | 'mmpretrain' | 'mmdet' | 'transformers' | 'akamaster' | 'canonical' | 'unknown';

/** A tensor of a checkpoint. Its numbers are read on demand. */
export interface CheckpointTensor {
  /** Number type in the file. */
  readonly dtype: DType;
  /** Shape in PyTorch's layout: convolutions are [out, in / groups, kh, kw], linear layers [out, in]. */
  readonly shape: readonly number[];
  /**
   * The numbers as contiguous float32: a view of the file's bytes if these are aligned float32, otherwise a copy.
   * @throws {ResnetError} `checkpoint-truncated`, `checkpoint-format`; `integrity`, `network` if the file has changed or is gone
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

/** A module of a pickled model or a TorchScript archive. It only has a name and plain attributes, and cannot run. */
export interface ModuleInfo {
  /** Class without its package: `Conv2d`, `BatchNorm2d`, `AdaptiveAvgPool2d`, `Bottleneck`. */
  type: string;
  /** Plain attributes with PyTorch's names: `stride: [2, 2]`, `eps: 1e-5`, `num_groups: 2`, `training: false`. */
  attributes: Readonly<Record<string, unknown>>;
}

/** A checkpoint's table of contents. Tensors are read one by one, on demand. */
export interface Checkpoint {
  /** The kind of file that it was in. `memory` for tensors that the caller had. */
  readonly format: CheckpointFormat;
  /** The library whose names the tensors have. */
  readonly scheme: NamingScheme;
  /** The file's name, if it has one. */
  readonly file?: string;
  /** What the file says about itself: safetensors' __metadata__, plain values next to the state dict. */
  readonly metadata: Record<string, unknown>;
  /** By key, unwrapped: without `state_dict`, `module.` and the like. */
  readonly tensors: Map<string, CheckpointTensor>;
  /**
   * Every tensor of the file by its full path (dicts, lists and dots in keys alike: `ema.module.conv1.weight`). Present if `tensors` has
   * other names, or not all tensors.
   */
  readonly tree?: ReadonlyMap<string, CheckpointTensor>;
  /** Tensors that got these names from the caller's `rename`. A trunk of these takes precedence. */
  readonly renamed?: ReadonlySet<string>;
  /** Modules by path, in the order of their creation. Paths are those of `tree`, or of `tensors` if there is none. */
  readonly modules?: ReadonlyMap<string, ModuleInfo>;
}
