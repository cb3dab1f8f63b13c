// Types alone, for resolution modes that have no DOM bundler behind them.
import { buildGraph, type LoadOptions, readCheckpoint, type Tensor } from 'resnet-webgpu';
import { toOnnx, toTfjsGraph } from 'resnet-webgpu/export';
import { openDevice } from 'resnet-webgpu/node';
import { runOp } from 'resnet-webgpu/testing';

export const device: typeof openDevice = openDevice;

export async function parameters(file: Blob, options: LoadOptions): Promise<number> {
  const checkpoint = await readCheckpoint(file);
  const graph = buildGraph({ type: 'ResNet', depth: 18 }, [1, 3, 224, 224]);
  const exported = [
    (await toOnnx(graph, checkpoint, { outputs: ['logits', 0] })).length,
    (await toTfjsGraph(graph, checkpoint)).weightData.byteLength,
  ];
  const x: Tensor = { data: new Float32Array(4), shape: [1, 1, 2, 2] };
  const { shape } = await runOp('max_pool2d', { kernel: 2 }, { x }, { precision: 'f32' });
  // @ts-expect-error -- a precision that does not exist
  const wrong: LoadOptions = { precision: 'f8' };
  return Math.max(...exported) + checkpoint.tensors.size + graph.parameters + shape.length + (options.batch ?? 0) + (wrong.batch ?? 0);
}
