/**
 * Input, convolution, activation. The device claims to be each class of GPU in turn, so every form of the first convolution is tested.
 * ACTIVATION in the environment names another activation than hard_swish.
 */
import { expect, test } from 'vitest';
import { hashed, hashedCheckpoint, hashedTensors } from '../../test/support/hashed-weights.ts';
import { openNodeDevice } from '../../test/support/node-gpu.ts';
import { runGraph } from '../../test/support/run-graph.ts';
import { bindCheckpoint } from '../checkpoint/bind.ts';
import { describeAdapter, deviceProfile } from '../gpu/device-profile.ts';
import { buildGraph, loadModel } from '../index.ts';

const PROFILES = {
  amd: { vendor: 'amd', architecture: 'rdna-2' },
  intel: { vendor: 'intel', architecture: 'gen-12lp' },
  nvidia: { vendor: 'nvidia', architecture: 'ampere' },
  apple: { vendor: 'apple', architecture: 'common-3' },
  mobile: { vendor: 'qualcomm', architecture: 'adreno-7xx' },
  unknown: { vendor: '', architecture: '' },
  software: { vendor: 'google', architecture: 'swiftshader' },
};

const shape = [1, 3, 20, 24];
const input = { data: hashed('input', 3 * 20 * 24), shape };

const activation = process.env.ACTIVATION ?? 'hard_swish';

test.each(Object.entries(PROFILES))(`${activation} on %s`, async (name, info) => {
  const arch = {
    type: 'GeneralResNet',
    block: 'BasicBlock',
    stem: { channels: [8] },
    layers: [1],
    channels: [8],
    activation,
  } as const;
  const graph = buildGraph(arch, shape);
  const outputs = graph.nodes.flatMap((node) => (node.op === activation ? [node.name] : []));
  expect(outputs.length).toBeGreaterThan(1);
  const values = await runGraph(graph, await bindCheckpoint(graph, hashedCheckpoint(graph), { arch: arch.type }), input);
  const expected = values.get(graph.outputs[0]?.node ?? '')?.data ?? [];

  const device = await openNodeDevice();
  Object.defineProperty(device, 'adapterInfo', { value: { description: '', device: '', isFallbackAdapter: false, ...info } });
  expect(deviceProfile(describeAdapter(device.adapterInfo)).name).toBe(name);
  const model = await loadModel({ arch, weights: await hashedTensors(graph) }, { device, inputSize: [20, 24] });
  const { features } = await model.run(input);
  model.dispose();
  device.destroy();
  const off = Math.hypot(...expected.map((value, i) => (features[0]?.data[i] ?? Number.NaN) - value));
  expect(off / Math.hypot(...expected)).toBeLessThan(1e-5);
});
