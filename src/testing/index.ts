/**
 * `resnet-webgpu/testing`: single operations on the GPU, with the same planner and kernels as networks.
 */

import type { Tensor } from '../api/types.ts';
import { type Engine, openEngine } from '../gpu/device.ts';
import { Executable } from '../gpu/executable.ts';
import type { InputPlace } from '../gpu/input-writer.ts';
import { WeightStore } from '../gpu/weight-store.ts';
import { opsFor } from '../kernels/families.ts';
import type { Precision } from '../kernels/lib/kernel.ts';
import { makePlan } from '../plan/plan.ts';
import { ResnetError } from '../util/errors.ts';
import { type OpAttrs, opGraph } from './op-graph.ts';

export type { OpAttrs } from './op-graph.ts';

/** Options of `runOp`. */
export interface RunOpOptions {
  /** How tensors are stored on the GPU. Default `f32`. */
  precision?: 'f32' | 'f16';
  /** Default: a device of this module, kept for later calls. */
  device?: GPUDevice;
}

const shared = new Map<Precision, Promise<Engine>>();

/**
 * Runs one operation. docs/testing.md lists all of them.
 * @param op PyTorch's functional names: conv2d, max_pool2d, batch_norm, softmax, deform_conv2d, …
 * @param attrs the arguments, with PyTorch's names and defaults. Unknown ones are refused
 * @param inputs tensors by argument name (x, weight, bias, …; a, b for two equal operands), NCHW float32
 * @param options precision and device
 * @returns the result, NCHW float32
 * @throws {ResnetError} `usage` for an unknown operation or a wrong argument, `shape` for tensors that do not fit, `device-limits` for
 * more rows than one dispatch can compute; `webgpu-missing`, `adapter-missing`, `device-lost`
 * @example
 * ```ts
 * import { runOp } from 'resnet-webgpu/testing';
 *
 * const x = { data: Float32Array.of(1, 2, 3, 4), shape: [1, 1, 2, 2] };
 * const { data, shape } = await runOp('max_pool2d', { kernel: 2 }, { x });
 * console.log(data, shape); // [4], [1, 1, 1, 1]
 * ```
 */
export async function runOp(op: string, attrs: OpAttrs, inputs: Record<string, Tensor>, options: RunOpOptions = {}): Promise<Tensor> {
  const { graph, feeds, weights, shape } = opGraph(op, attrs, inputs);
  const precision = options.precision ?? 'f32';
  const engine = options.device ? await openEngine({ device: options.device, precision }) : await sharedEngine(precision);
  const plan = makePlan(graph, {
    ops: await opsFor(graph),
    precision,
    profile: engine.profile,
    outputs: [graph.outputs[0]?.node ?? ''],
    maxBufferBytes: engine.device.limits.maxBufferSize,
  });
  const store = new WeightStore(engine);
  let executable: Executable | undefined;
  try {
    await store.allocate(plan.weights);
    await store.upload(plan.weights, precision, async (key) => {
      const tensor = weights.get(key);
      if (tensor) return tensor.data;
      throw new ResnetError('usage', `${op} needs the tensor ${key}.`, { layer: key, hint: 'Pass it in inputs.' });
    });
    executable = await Executable.create(engine, plan, store);
    const write = ({ device, buffer, byteOffset, input }: InputPlace) => {
      const tensor = feeds.get(plan.inputs[input]?.name ?? '');
      if (tensor) device.queue.writeBuffer(buffer, byteOffset, tensor.data as Float32Array<ArrayBuffer>);
    };
    const [data = new Float32Array()] = await executable.run({ write }, executable.allOutputs);
    return { data, shape };
  } finally {
    executable?.dispose();
    store.dispose();
  }
}

function sharedEngine(precision: Precision): Promise<Engine> {
  const known = shared.get(precision);
  if (known) return known;
  const opening = openEngine({ precision });
  shared.set(precision, opening);
  const forget = () => {
    if (shared.get(precision) === opening) shared.delete(precision);
  };
  opening.then((engine) => engine.device.lost.then(forget), forget);
  return opening;
}
