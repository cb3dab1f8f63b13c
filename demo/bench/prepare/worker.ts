/** Makes the networks in a worker: the page stays responsive, and the runtimes are measured without this work. */
import { archNames } from '../../../src/arch/index.ts';
import { toOnnx, toTfjsGraph, toTflite } from '../../../src/export/index.ts';
import { type AdapterDescription, deviceProfile } from '../../../src/gpu/device-profile.ts';
import { opsFor } from '../../../src/kernels/families.ts';
import { makePlan } from '../../../src/plan/plan.ts';
import { serve } from '../rpc.ts';
import type { ModelFile } from '../runners/runner.ts';
import type { ModelFormat } from '../runtimes.ts';
import { type LayerCost, layerCosts, type MemoryMap, memoryMap } from './describe.ts';
import { goldenNames } from './golden.ts';
import { type Network, type NetworkRequest, prepareNetwork } from './network.ts';

export interface Prepared {
  input: { data: Float32Array<ArrayBuffer>; shape: number[] };
  logits: Float32Array;
  reference: Network['reference'];
  weights: string;
  parameters: number;
  macs: number;
  layers: LayerCost[];
}

let network: Network | undefined;

function prepared(): Network {
  if (!network) throw new Error('No network was prepared.');
  return network;
}

const handlers = {
  /** Networks with logits from PyTorch, then all others. */
  async names(_: undefined): Promise<string[]> {
    return [...new Set([...goldenNames(), ...archNames()])];
  },

  async prepare(request: NetworkRequest): Promise<Prepared> {
    network = undefined;
    network = await prepareNetwork(request);
    const { graph, input, logits, reference, weights } = network;
    return { input, logits, reference, weights, parameters: graph.parameters, macs: graph.macs, layers: layerCosts(graph) };
  },

  /** The network in a runtime's format, and its size. */
  async file(format: ModelFormat): Promise<{ file: ModelFile; bytes: number }> {
    const { arch, graph, bytes, checkpoint } = prepared();
    if (format === 'safetensors') return { file: { format, arch, bytes }, bytes: bytes.length };
    const options = { outputs: ['logits'] as const, strict: false };
    if (format !== 'tfjs') {
      const write = format === 'onnx' ? toOnnx : toTflite;
      const model = (await write(graph, checkpoint, options)) as Uint8Array<ArrayBuffer>;
      return { file: { format, bytes: model }, bytes: model.length };
    }
    const artifacts = await toTfjsGraph(graph, checkpoint, options);
    const { weightData, ...json } = artifacts;
    return { file: { format, artifacts }, bytes: weightData.byteLength + JSON.stringify(json).length };
  },

  async memory({ adapter, precision }: { adapter: AdapterDescription; precision: 'f32' | 'f16' }): Promise<MemoryMap> {
    const { graph } = prepared();
    const outputs = graph.outputs.flatMap(({ kind, node }) => (kind === 'logits' ? [node] : []));
    return memoryMap(
      makePlan(graph, { ops: await opsFor(graph), precision, profile: deviceProfile(adapter), outputs, maxBufferBytes: 2 ** 28 }),
    );
  },
};

export type PrepareHandlers = typeof handlers;

serve(self as unknown as Parameters<typeof serve>[0], handlers);
