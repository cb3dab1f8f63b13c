import { describe, expect, it } from 'vitest';
import { hashed, hashedCheckpoint } from '../../../test/support/hashed-weights.ts';
import { runGraph } from '../../../test/support/run-graph.ts';
import { bindCheckpoint } from '../../checkpoint/bind.ts';
import { allOps } from '../../kernels/families.ts';
import type { DeviceProfile } from '../../kernels/lib/kernel.ts';
import { makePlan } from '../../plan/plan.ts';
import { buildGraph } from '../graph.ts';

const plugin = (act_cfg: object | null) => ({
  cfg: { type: 'ConvModule', out_channels: 8, kernel_size: 3, padding: 1, norm_cfg: { type: 'BN' }, act_cfg },
  position: 'after_conv1',
  stages: [true],
});

function graphOf(act_cfg: object | null) {
  const stage = { num_stages: 1, strides: [1], dilations: [1], out_indices: [0] } as const;
  return buildGraph({ type: 'mmdet.ResNet', depth: 50, base_channels: 8, plugins: [plugin(act_cfg)], ...stage }, [1, 3, 20, 24]);
}

const ops = await allOps();

describe('the activation of a ConvModule among plugins', () => {
  it.each([
    [{ type: 'LeakyReLU', negative_slope: 0.2 }, 0.2],
    // PyTorch's default.
    [{ type: 'LeakyReLU' }, 0.01],
  ])('may be %j', async (act_cfg, slope) => {
    const graph = graphOf(act_cfg);
    const bent = graph.nodes.filter(({ op }) => op === 'leaky_relu');
    expect(bent).toHaveLength(3);

    const weights = await bindCheckpoint(graph, hashedCheckpoint(graph), { arch: 'mmdet.ResNet' });
    const values = await runGraph(graph, weights, { data: hashed('input', 3 * 20 * 24), shape: [1, 3, 20, 24] });
    for (const { name, inputs } of bent) {
      const [x, y] = [values.get(inputs[0] ?? ''), values.get(name)];
      const expected = x?.data.map((value) => (value > 0 ? value : Math.fround(slope * value)));
      expect(y?.data).toEqual(expected);
      expect(x?.data.some((value) => value < 0)).toBe(true);
    }
  });

  it.each(['amd', 'intel', 'unknown'] as const)('joins its convolution, norm between them, on %s', (name) => {
    const graph = graphOf({ type: 'LeakyReLU', negative_slope: 0.2 });
    const profile: DeviceProfile = { name, computeUnits: 16 };
    const outputs = graph.outputs.map(({ node }) => node);
    const { steps } = makePlan(graph, { ops, profile, precision: 'f32', outputs, maxBufferBytes: 2 ** 28 });
    const ends = steps.filter(({ dispatch }) => dispatch.ends?.activation === 'leaky_relu');
    expect(ends.map(({ nodes }) => nodes.at(-1))).toEqual(graph.nodes.flatMap(({ op, name }) => (op === 'leaky_relu' ? [name] : [])));
    for (const { dispatch } of ends) expect(dispatch.constants).toMatchObject({ AMOUNT: 0.2 });
    expect(steps.filter(({ dispatch }) => dispatch.kernel === 'curve')).toEqual([]);
  });

  it('is a ReLU where nothing is said, and none where null is', () => {
    const count = (act_cfg: object | null) => graphOf(act_cfg).nodes.filter(({ op }) => op === 'relu').length;
    expect(count({ type: 'ReLU' }) - count(null)).toBe(3);
  });
});
