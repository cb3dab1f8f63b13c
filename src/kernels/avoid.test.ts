import { describe, expect, test } from 'vitest';
import { buildGraph } from '../arch/graph.ts';
import { makePlan } from '../plan/plan.ts';
import type { Plan } from '../plan/types.ts';
import { Avoided, classOf, type PlanOn } from './avoid.ts';
import { withF16Arithmetic } from './conv/f16-arithmetic.ts';
import { allOps } from './families.ts';
import type { DeviceProfile, Dispatch, Precision } from './lib/kernel.ts';
import { isPlain } from './plain/dispatch.ts';
import { processorKernels } from './processor.ts';

const ops = await allOps();

const profiles: DeviceProfile[] = [
  { name: 'software', computeUnits: 2, processor: processorKernels(true) },
  { name: 'amd', computeUnits: 64, f16Arithmetic: withF16Arithmetic },
  { name: 'intel', computeUnits: 6 },
  { name: 'nvidia', computeUnits: 76 },
  { name: 'apple', computeUnits: 10 },
  { name: 'mobile', computeUnits: 6 },
  { name: 'unknown', computeUnits: 16 },
];

const dcn = {
  type: 'mmdet.ResNet',
  depth: 50,
  dcn: { type: 'DCNv2', deform_groups: 1 },
  stage_with_dcn: [false, true, true, true],
} as const;
const networks = { resnet50: 'resnet50', resnext50: 'resnext50_32x4d', resnest50: 'resnest50', regnety: 'regnety_016', dcn };

function planned(network: keyof typeof networks, profile: DeviceProfile, precision: Precision): Plan {
  const graph = buildGraph(networks[network], [1, 3, 64, 64]);
  const outputs = [graph.outputs.at(-1)?.node ?? ''];
  return makePlan(graph, { outputs, precision, profile, maxBufferBytes: 2 ** 30, ops });
}

const all = ({ steps, derived }: Plan) => [...steps, ...derived].map(({ dispatch }) => dispatch);
const labelOf = ({ kernel, variant }: Dispatch) => `${kernel}/${variant}`;

describe('a plan without what a device refuses', () => {
  describe.each(Object.keys(networks) as (keyof typeof networks)[])('%s', (network) => {
    // A plan takes milliseconds, and a network on one device about thirty.
    const some = profiles.filter(({ name }) => network === 'resnet50' || /software|amd|nvidia/.test(name));
    test.each(some.map((profile) => [profile.name, profile.f16Arithmetic ? 'f16' : 'f32', profile] as const))(
      'on %s in %s has other kernels, at last plain ones alone',
      (_, precision, bare) => {
        const avoided = new Avoided();
        const first = planned(network, bare, precision);
        const work = (plan: Plan) => plan.steps.map(({ layer, macs }) => [layer, macs] as const).filter(([, macs]) => macs > 0);
        let plan = planned(network, avoided.adapt(bare), precision);
        for (let refused = 0; refused < 60; refused++) {
          // The same layers have the same multiply-adds.
          expect(work(plan)).toEqual(work(first));
          const next = all(plan).find((dispatch) => !isPlain(dispatch));
          if (!next) return;
          expect(avoided.add(next, 'refused')).toBe(true);
          plan = planned(network, avoided.adapt(bare), precision);
          const gone = (dispatch: Dispatch) =>
            classOf(next) ? classOf(dispatch) === classOf(next) : labelOf(dispatch) === labelOf(next) && classOf(dispatch) === undefined;
          expect(all(plan).filter(gone).map(labelOf)).toEqual([]);
        }
        throw new Error('there is always another kernel to refuse');
      },
    );
  });

  test('takes the next convolution by the model, not a plain one', () => {
    const [profile] = profiles.filter(({ name }) => name === 'nvidia');
    if (!profile) throw new Error('no profile');
    const avoided = new Avoided();
    const tiled = all(planned('resnet50', profile, 'f32')).find(({ kernel }) => kernel === 'conv-tiled');
    avoided.add(tiled as Dispatch, 'refused');
    const kernels = new Set(all(planned('resnet50', avoided.adapt(profile), 'f32')).map(({ kernel }) => kernel));
    expect([...kernels]).toContain('conv');
    expect([...kernels].filter((kernel) => kernel.startsWith('plain'))).toEqual([]);
    // Another stem of the same class is not tried.
    expect([...kernels]).toContain('stem');
  });

  test('keeps a grouped convolution right where tiles are out', () => {
    const avoided = new Avoided();
    avoided.add({ kernel: 'stem-tiled', variant: '8x4', constants: {} } as Dispatch, 'refused');
    const graph = buildGraph({ type: 'ResNeXt', depth: 50, groups: 2, width_per_group: 36 }, [1, 3, 64, 64]);
    const outputs = [graph.outputs.at(-1)?.node ?? ''];
    const profile = avoided.adapt({ name: 'intel', computeUnits: 6 });
    const { steps } = makePlan(graph, { outputs, precision: 'f32', profile, maxBufferBytes: 2 ** 30, ops });
    expect(steps.filter(({ dispatch }) => /tiled/.test(dispatch.kernel))).toEqual([]);
  });

  test('tells of what stood in and was left out, too', () => {
    const [profile] = profiles.filter(({ name }) => name === 'nvidia');
    if (!profile) throw new Error('no profile');
    const avoided = new Avoided();
    const find = (kernel: string) =>
      all(planned('resnet50', avoided.adapt(profile), 'f32')).find((dispatch) => dispatch.kernel === kernel) as Dispatch;
    const planOn: PlanOn = (device) => planned('resnet50', device, 'f32');
    const told = () => avoided.replaced(avoided.adapt(profile), ['1x3x64x64 head.fc'], planOn);
    avoided.add(find('conv-tiled'), 'the driver refused it (no)');
    expect(told().join('\n')).toMatch(/^\[conv1\] stem-tiled\/8x4: .*the driver refused it \(no\).* In its place: stem\/\S+\.$/m);
    expect(told().join('\n')).not.toMatch(/\] stem\//);
    avoided.add(find('stem'), 'the driver refused it (neither)');
    expect(told().join('\n')).toMatch(/^\[conv1\] stem-tiled\/8x4: .*the driver refused it \(no\).* In its place: plain-first-filter\.$/m);
    expect(told().join('\n')).toMatch(/^\[conv1\] stem\/\S+: the driver refused it \(neither\)\. In its place: plain-first-filter\.$/m);
    // Also not in a copy for a trial.
    expect(avoided.copy().replaced(avoided.adapt(profile), ['1x3x64x64 head.fc'], planOn)).toEqual(told());
    // The dispatch that derives weights is not a step.
    const weights = new Avoided();
    weights.add({ kernel: 'winograd-weights', variant: '4x4', constants: {} }, 'it is off');
    const warnings = weights.replaced(weights.adapt(profile), ['1x3x64x64 head.fc'], planOn).join('\n');
    expect(warnings).toMatch(/^\[layer.+\] winograd-weights\/4x4: it is off.* In its place: conv-tiled\//m);
  });

  test('says why, and what goes with it', () => {
    const avoided = new Avoided();
    const tiled = { kernel: 'conv-tiled', variant: 'tiled-8x4-16', constants: {} };
    const inF16 = { kernel: 'conv', variant: 'direct-1x16-16-64', constants: { F16_MATH: true } };
    expect(avoided.reasonOf(tiled)).toBeUndefined();
    avoided.add(tiled as unknown as Dispatch, 'the driver refused it');
    expect(avoided.reasonOf({ ...tiled, variant: 'tiled-4x4-32' })).toBe(
      'left out with conv-tiled/tiled-8x4-16: the driver refused it, and with it this device goes without tiles in workgroup memory',
    );
    expect(avoided.reasonOf(tiled)).toBe('the driver refused it, and with it this device goes without tiles in workgroup memory');
    expect(avoided.reasonOf(inF16)).toBeUndefined();
    // Names that only look like split sums.
    avoided.add({ kernel: 'conv-sum', variant: '4 parts', constants: {} } as unknown as Dispatch, 'refused');
    expect(avoided.reasonOf({ kernel: 'softmax', variant: '64', constants: {} })).toBeUndefined();
    avoided.add(inF16 as unknown as Dispatch, 'off');
    const { isOut } = avoided.adapt({ name: 'unknown', computeUnits: 16 }).avoid ?? {};
    expect(['f16 direct-1x16-16-64', 'direct-1x16-16-64'].map((form) => isOut?.(form))).toEqual([true, false]);
    expect(avoided.add({ kernel: 'plain-mean', variant: 'plain', constants: {} } as unknown as Dispatch, 'refused')).toBe(false);
  });
});

test('nothing like a kernel of which a GPU was lost is tried again', () => {
  for (const profile of profiles.filter(({ name }) => /software|amd|nvidia/.test(name))) {
    const precision = profile.f16Arithmetic ? 'f16' : 'f32';
    const before = all(planned('resnet50', profile, precision));
    for (const lost of new Map(before.map((dispatch) => [labelOf(dispatch), dispatch])).values()) {
      const avoided = new Avoided();
      expect(avoided.addFamily(lost, 'lost')).toBe(true);
      const conv = /^(conv|winograd)/;
      const after = all(planned('resnet50', avoided.adapt(profile), precision));
      const isLike = ({ kernel }: Dispatch) => (conv.test(lost.kernel) ? conv.test(kernel) : kernel === lost.kernel);
      expect(after.filter(isLike).map(labelOf), labelOf(lost)).toEqual([]);
      expect(after.some(isPlain), labelOf(lost)).toBe(true);
      // Nothing else changes.
      const others = (dispatches: Dispatch[]) => new Set(dispatches.filter((one) => !isLike(one) && !isPlain(one)).map(labelOf));
      expect(others(after)).toEqual(others(before));
      expect(avoided.copy().reasonOf(lost)).toBe('lost');
    }
    expect(new Avoided().addFamily({ kernel: 'plain-mean', variant: 'plain', constants: {} }, 'lost')).toBe(false);
  }
});

test('what is kept of a dispatch is enough to leave it out again', () => {
  for (const profile of profiles) {
    for (const network of Object.keys(networks) as (keyof typeof networks)[]) {
      for (const dispatch of all(planned(network, profile, 'f32'))) {
        const { kernel, variant, constants } = dispatch;
        expect(new Avoided().add({ kernel, variant, constants }, 'kept'), labelOf(dispatch)).toBe(new Avoided().add(dispatch, 'now'));
      }
    }
  }
});
