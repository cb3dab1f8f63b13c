import { describe, expect, test } from 'vitest';
import { buildGraph } from '../arch/graph.ts';
import { planImage } from '../image/image-plan.ts';
import type { BackboneConfig } from '../index.ts';
import { makePlan } from '../plan/plan.ts';
import { Avoided } from './avoid.ts';
import { withF16Arithmetic } from './conv/f16-arithmetic.ts';
import { allOps } from './families.ts';
import type { DeviceProfile, Dispatch, Precision } from './lib/kernel.ts';
import { shaderText } from './lib/shaders.ts';
import { needsOf } from './needs.ts';
import { processorKernels } from './processor.ts';
import { topKDispatch } from './top-k/dispatch.ts';

const ops = await allOps();

const profiles: DeviceProfile[] = [
  // How a browser that hides the vendor appears.
  { name: 'unknown', computeUnits: 16 },
  { name: 'software', computeUnits: 2, processor: processorKernels(false) },
  { name: 'mobile', computeUnits: 6 },
];

const timm = (attn_layer: string) =>
  ({
    library: 'timm',
    type: 'ResNet',
    block: 'Bottleneck',
    layers: [1, 1, 1, 1],
    stem_type: 'deep',
    stem_width: 32,
    block_args: { attn_layer },
  }) as unknown as BackboneConfig;

/** One network of each family, and each attention module. */
const networks: Record<string, string | BackboneConfig> = {
  resnet50: 'resnet50',
  resnext50: 'resnext50_32x4d',
  seresnet50: 'seresnet50',
  resnest50: 'resnest50',
  res2net50: { type: 'Res2Net', depth: 50, scales: 4, base_width: 26 } as BackboneConfig,
  regnetx: 'regnetx_002',
  regnety: 'regnety_016',
  resnetv2: 'resnetv2_50',
  skresnet: 'skresnet50',
  dcn: {
    type: 'mmdet.ResNet',
    depth: 50,
    dcn: { type: 'DCNv2', deform_groups: 1 },
    stage_with_dcn: [false, true, true, true],
  } as unknown as BackboneConfig,
  cifar: 'cifar_resnet20',
  ...Object.fromEntries(['eca', 'cbam', 'gc', 'ge', 'nl', 'coord', 'ela'].map((name) => [name, timm(name)])),
};

function dispatchesOf(network: string | BackboneConfig, profile: DeviceProfile, precision: Precision): Dispatch[] {
  const graph = buildGraph(network, [1, 3, 64, 64]);
  const outputs = [graph.outputs.at(-1)?.node ?? ''];
  const { steps, derived } = makePlan(graph, { outputs, precision, profile, maxBufferBytes: 2 ** 28, ops });
  return [...steps, ...derived].map(({ dispatch }) => dispatch);
}

/** The minimum limits in compatibility mode: https://gpuweb.github.io/gpuweb/#limit-default */
const COMPATIBILITY = { threads: 128, bytes: 16384, buffers: 8, uniformBytes: 256 };

describe.each(Object.keys(networks))('%s', (network) => {
  test.each(profiles.map((profile) => [profile.name, profile] as const))('on %s stays within what compatibility mode grants', (_, bare) => {
    const avoided = new Avoided();
    avoided.keepWithin(COMPATIBILITY.threads);
    const profile = avoided.adapt(bare);
    for (const precision of ['f32', 'f16'] as const) {
      for (const dispatch of dispatchesOf(networks[network] ?? '', profile, precision)) {
        const label = `${dispatch.kernel}/${dispatch.variant}`;
        const { threads, bytes } = needsOf(dispatch);
        expect(threads, label).toBeLessThanOrEqual(COMPATIBILITY.threads);
        expect(bytes, label).toBeLessThanOrEqual(COMPATIBILITY.bytes);
        expect(dispatch.bindings.length + Number(precision === 'f16'), label).toBeLessThanOrEqual(COMPATIBILITY.buffers);
        expect((Object.keys(dispatch.uniforms).length + 1) * 4, label).toBeLessThanOrEqual(COMPATIBILITY.uniformBytes);
        // Without features, no kernel may require one.
        expect(shaderText(dispatch), label).not.toMatch(/^\s*enable /);
      }
    }
  });
});

test('images and the ranking do, too', () => {
  const { rows, columns } = planImage(640, 480, {
    resize: { size: 256, edge: 'short', filter: 'bicubic', kernel: 'pillow' },
    crop: 224,
    mean: [0, 0, 0],
    std: [1, 1, 1],
    order: 'rgb',
  });
  for (const dispatch of [rows, columns, topKDispatch({ rows: 1, classes: 1000, k: 5 })])
    expect(needsOf(dispatch).threads, dispatch.kernel).toBeLessThanOrEqual(COMPATIBILITY.threads);
});

test('a device of core WebGPU has them all, with the kernels that it chooses', { timeout: 180_000 }, () => {
  const taken = new Set<number>();
  for (const profile of [...profiles, { name: 'amd', computeUnits: 64, f16Arithmetic: withF16Arithmetic } as const]) {
    for (const network of Object.values(networks)) {
      for (const dispatch of dispatchesOf(network, profile, 'f16')) {
        const { threads, bytes } = needsOf(dispatch);
        taken.add(threads);
        expect(threads, dispatch.kernel).toBeLessThanOrEqual(256);
        expect(bytes, dispatch.kernel).toBeLessThanOrEqual(16384);
      }
    }
  }
  // Makes sure that the tests above have something to test.
  expect([...taken].toSorted((a, b) => a - b)).toEqual([64, 256]);
});
