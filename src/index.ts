export type { ListedModel, ListOptions } from './api/list-types.ts';
export type { ImageInfo, ImageRow, ManyImages, ManyOptions } from './api/many-types.ts';
export type { TunedShape, TuneOptions, Tuning, TuningReport } from './api/tuning-types.ts';
export type {
  Assumption,
  CallOptions,
  ClassifyOptions,
  ExplainOptions,
  Explanation,
  FrameInfo,
  FrameSource,
  GpuRunOptions,
  GpuRunResult,
  GpuTensor,
  ImageSource,
  LoadOptions,
  Model,
  ModelInfo,
  ModelSource,
  Prediction,
  Preprocess,
  Profile,
  Progress,
  RawImage,
  RunOptions,
  RunResult,
  SelfTestReport,
  SourceInfo,
  Tensor,
  WeightsSource,
} from './api/types.ts';
export type { Verified } from './api/verify-types.ts';
export type { Arch, BackboneConfig, ClassifierConfig, LibraryConfig } from './arch/config.ts';
export { buildGraph, type GraphOptions } from './arch/graph.ts';
export { archNames } from './arch/index.ts';
export { readCheckpoint } from './checkpoint/read.ts';
export type { Checkpoint, CheckpointFormat, CheckpointTensor, DType, ModuleInfo, NamingScheme } from './checkpoint/types.ts';
export { deviceDescriptor } from './gpu/device.ts';
export type { Graph, GraphNode, GraphOutput, OpName, ParameterSpec } from './graph/types.ts';
export { listModels } from './model/list-models.ts';
export { loadModel } from './model/load.ts';
export { type ErrorCode, type ErrorDetails, ResnetError } from './util/errors.ts';
