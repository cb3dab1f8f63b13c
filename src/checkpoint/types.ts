import type { Tensor } from '../types.ts';

/** Number types found in checkpoints; all are read as float32 (int64 exactly up to 2^24). */
export type DType = 'f64' | 'f32' | 'f16' | 'bf16' | 'i64' | 'i32' | 'i16' | 'i8' | 'u8' | 'bool';

export type CheckpointFormat = 'safetensors' | 'pytorch-zip' | 'pytorch-legacy' | 'tfjs' | 'memory';

/** Whose names the keys are; `unknown` until an architecture says otherwise. */
export type NamingScheme = 'torchvision' | 'timm' | 'mmpretrain' | 'mmdet' | 'transformers' | 'akamaster' | 'unknown';

export interface CheckpointTensor {
  readonly dtype: DType;
  readonly shape: readonly number[];
  /** The numbers as contiguous float32; a view of the file's bytes where these are aligned float32, else a copy. */
  read(): Promise<Tensor>;
}

/** A checkpoint's table of contents; tensors are read one by one, on demand. */
export interface Checkpoint {
  readonly format: CheckpointFormat;
  readonly scheme: NamingScheme;
  /** What the file says about itself: safetensors' __metadata__, plain scalars and strings beside the state dict. */
  readonly metadata: Record<string, unknown>;
  /** Unwrapped: without `state_dict`, `module.` and the like. */
  readonly tensors: Map<string, CheckpointTensor>;
}
