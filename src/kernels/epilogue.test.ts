import { describe, expect, it } from 'vitest';
import { GraphBuilder } from '../graph/builder.ts';
import { makePlan } from '../plan/plan.ts';
import { ATTRIBUTES, BENDS, bend } from './epilogue.reference.ts';
import { allOps } from './families.ts';
import { keepsZero } from './lib/epilogue.ts';
import type { DeviceProfile } from './lib/kernel.ts';
import { shaderText } from './lib/shaders.ts';
import { processorKernels } from './processor.ts';

const ops = await allOps();
const PROFILES: DeviceProfile[] = (['amd', 'intel', 'nvidia', 'apple', 'mobile', 'unknown', 'software'] as const).map((name) => ({
  name,
  computeUnits: 16,
  ...(name === 'software' && { processor: processorKernels(true) }),
}));

function steps(activation: (typeof BENDS)[number], profile: DeviceProfile, channels: number) {
  const b = new GraphBuilder();
  const x = b.add('input', 'x', [], { shape: [1, channels, 12, 12] });
  const attributes = { outChannels: 9, kernel: [3, 3], stride: [1, 1], padding: [1, 1, 1, 1], dilation: [1, 1], groups: 1, bias: false };
  const y = b.add('conv2d', 'conv', [x], attributes as never, { weight: { key: 'w', shape: [9, channels, 3, 3] } });
  b.add(activation, 'act', [y], ATTRIBUTES[activation]);
  const graph = b.build();
  return makePlan(graph, { ops, profile, precision: 'f32', outputs: ['act'], maxBufferBytes: 2 ** 28 }).steps;
}

describe.each(PROFILES)('on $name', (profile) => {
  // The network's first convolution once ignored activations that it did not know.
  it.each(BENDS)('input, convolution, %s', (activation) => {
    const all = steps(activation, profile, 3);
    const last = all.findLast(({ dispatch }) => dispatch.ends !== undefined);
    expect(last?.dispatch.ends).toMatchObject({ activation, residual: false });
    expect(all.some(({ dispatch }) => /^(relu|curve)$/.test(dispatch.kernel))).toBe(false);
    expect(all.some(({ dispatch }) => dispatch.kernel.startsWith('stem'))).toBe(keepsZero(bend(activation)));
    // Its own number, and its own text. The core's text would leave the sum unchanged.
    if (!last || activation === 'relu') return;
    const text = shaderText(last.dispatch);
    const [, number] = /const ACTIVATION = (\d+)u;/.exec(text) ?? [];
    expect(number).not.toMatch(/^[01]$/);
    expect(text.match(/fn activate\b/g)).toHaveLength(1);
    expect(text).toMatch(new RegExp(`ACTIVATION ?== ?${number}u`));
  });
});
