/** Plugins with a leaky ReLU through `loadModel` on a device, compared with plain loops. */
import { afterAll, expect, it } from 'vitest';
import { hashed, hashedCheckpoint, hashedTensors } from '../../../test/support/hashed-weights.ts';
import { openNodeDevice } from '../../../test/support/node-gpu.ts';
import { runGraph } from '../../../test/support/run-graph.ts';
import { bindCheckpoint } from '../../checkpoint/bind.ts';
import { loadModel } from '../../index.ts';
import { buildGraph } from '../graph.ts';

const device = await openNodeDevice();
afterAll(() => device.destroy());

it('is what plain loops give', async () => {
  const cfg = { type: 'ConvModule', out_channels: 8, kernel_size: 3, padding: 1, norm_cfg: { type: 'BN' } };
  const leaky = { ...cfg, act_cfg: { type: 'LeakyReLU', negative_slope: 0.2 } };
  const arch = {
    type: 'mmdet.ResNet',
    depth: 50,
    base_channels: 8,
    num_stages: 1,
    strides: [1],
    dilations: [1],
    out_indices: [0],
    // The second one's activation comes first, on its own. The block's shortcut does not read its result.
    plugins: [
      { cfg: leaky, position: 'after_conv1', stages: [true] },
      { cfg: { ...leaky, postfix: '_2', order: ['act', 'conv', 'norm'] }, position: 'after_conv2', stages: [true] },
    ],
  } as const;
  const input = { data: hashed('input', 3 * 20 * 24), shape: [1, 3, 20, 24] };
  const graph = buildGraph(arch, input.shape);
  const values = await runGraph(graph, await bindCheckpoint(graph, hashedCheckpoint(graph), { arch: 'mmdet.ResNet' }), input);
  const expected = values.get(graph.outputs[0]?.node ?? '')?.data ?? [];
  const model = await loadModel({ arch, weights: await hashedTensors(graph) }, { device, inputSize: [20, 24] });
  const { features } = await model.run(input);
  model.dispose();
  const off = Math.hypot(...expected.map((value, i) => (features[0]?.data[i] ?? Number.NaN) - value));
  expect(off / Math.hypot(...expected)).toBeLessThan(1e-5);
});
