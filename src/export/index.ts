/** `resnet-webgpu/export`: networks for other runtimes, with batch norms folded into the convolutions. */
import type { Graph } from '../graph/types.ts';
import { OnnxTarget } from './onnx.ts';
import { type TfjsGraphArtifacts, TfjsTarget } from './tfjs.ts';
import { TfliteTarget } from './tflite.ts';
import { type ExportOutput, translate } from './translate.ts';
import { type ExportWeights, weightReader } from './weights.ts';

export type { ExportOutput, ExportWeights, TfjsGraphArtifacts };

/** Options of the exports. */
export interface ExportOptions {
  /** Stages by number, `img`, `pooled` or `logits`. Default: the logits, or the last feature map of a network without a head. */
  outputs?: readonly ExportOutput[];
  /** `false` allows tensors in the checkpoint that the network does not use. Default true. */
  strict?: boolean;
}

/**
 * Writes a network as an ONNX model of opset 13. Its input is `input`, [batch, c, h, w]. c, h and w are those of the graph, and the batch
 * is free. Its outputs are called `logits` [batch, k], `pooled` [batch, c, 1, 1], `stage0` … [batch, c, h, w] and `img`.
 *
 * @param graph a result of `buildGraph`. Its height and width become those of the model
 * @param weights a checkpoint from `readCheckpoint`, or a function that returns tensors by key
 * @param options which outputs the model has, and whether unused tensors are an error
 * @throws {ResnetError} `unsupported` for an operation that ONNX lacks (deformable convolution), `checkpoint-keys` if the
 * checkpoint does not fit, `usage` for an output that the graph does not have
 * @example
 * ```ts
 * import { buildGraph, readCheckpoint } from 'resnet-webgpu';
 * import { toOnnx } from 'resnet-webgpu/export';
 *
 * const checkpoint = await readCheckpoint(await (await fetch('resnet50.safetensors')).blob());
 * const bytes = await toOnnx(buildGraph('resnet50', [1, 3, 224, 224]), checkpoint);
 * ```
 */
export async function toOnnx(graph: Graph, weights: ExportWeights, options: ExportOptions = {}): Promise<Uint8Array> {
  const target = new OnnxTarget();
  await translate(graph, target, await weightReader(graph, weights, options.strict), options.outputs);
  return target.finish('resnet');
}

/**
 * Writes a network as a TF.js graph model, for `loadGraphModel(tf.io.fromMemory(artifacts))`. Names are those of
 * {@link toOnnx}. Maps are NHWC: input [batch, h, w, c], `pooled` [batch, 1, 1, c], `stage0` … [batch, h, w, c].
 *
 * @throws {ResnetError} `unsupported`, `checkpoint-keys`, `usage`, like toOnnx
 * @example
 * ```ts
 * import { buildGraph, readCheckpoint } from 'resnet-webgpu';
 * import { toTfjsGraph } from 'resnet-webgpu/export';
 *
 * const checkpoint = await readCheckpoint(await (await fetch('resnet50.safetensors')).blob());
 * const artifacts = await toTfjsGraph(buildGraph('resnet50', [1, 3, 224, 224]), checkpoint);
 * ```
 */
export async function toTfjsGraph(graph: Graph, weights: ExportWeights, options: ExportOptions = {}): Promise<TfjsGraphArtifacts> {
  const target = new TfjsTarget();
  await translate(graph, target, await weightReader(graph, weights, options.strict), options.outputs);
  return target.finish();
}

/**
 * Writes a network as a TensorFlow Lite model, for LiteRT.js (`loadAndCompile(bytes, { accelerator: 'webgpu' })`) and TFLite.
 * Names and layouts are those of {@link toTfjsGraph}. The batch size is the graph's. LiteRT.js 2.5 computes two forms wrong, so
 * padded average pools become depthwise convolutions, and convolutions with groups that are not a multiple of 4 wide become dense.
 *
 * @throws {ResnetError} `unsupported`, `checkpoint-keys`, `usage`, like toOnnx
 * @example
 * ```ts
 * import { buildGraph, readCheckpoint } from 'resnet-webgpu';
 * import { toTflite } from 'resnet-webgpu/export';
 *
 * const checkpoint = await readCheckpoint(await (await fetch('resnet50.safetensors')).blob());
 * const bytes = await toTflite(buildGraph('resnet50', [1, 3, 224, 224]), checkpoint);
 * ```
 */
export async function toTflite(graph: Graph, weights: ExportWeights, options: ExportOptions = {}): Promise<Uint8Array> {
  const target = new TfliteTarget();
  await translate(graph, target, await weightReader(graph, weights, options.strict), options.outputs);
  return target.finish();
}
