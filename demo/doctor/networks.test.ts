import { describe, expect, it } from 'vitest';
import { buildGraph } from '../../src/arch/graph.ts';
import { convCandidates } from '../../src/kernels/conv/select.ts';
import { parseVariant, variantName } from '../../src/kernels/conv/variant.ts';
import { allOps } from '../../src/kernels/families.ts';
import type { ConvParams } from '../../src/kernels/lib/conv-params.ts';
import type { DeviceProfile } from '../../src/kernels/lib/kernel.ts';
import { processorKernels } from '../../src/kernels/processor.ts';
import { references } from '../../src/kernels/references.ts';
import { makePlan } from '../../src/plan/plan.ts';
import type { Plan } from '../../src/plan/types.ts';
import { tunedVariants } from '../../src/tuning/tuning-table.ts';
import { CHECKS, type SmallNetwork } from './networks.ts';
import { seededCheckpoint } from './weights.ts';

/** All kernels except shaders/plain/, which replace others where a driver fails. No healthy GPU runs these. */
const SHADERS = Object.keys(import.meta.glob('../../shaders/*/*.wgsl')).filter((path) => !/shaders\/(lib|plain)\//.test(path));
const nameOf = (path: string) => path.replace(/^.*\/|\.wgsl$/g, '');
/** Kernels for pictures and rankings: photo.ts. For measurements: tuning/probe.ts. */
const NO_STEP = ['image-columns', 'image-rows', 'top-k', 'probe'];

const GPU: DeviceProfile = { name: 'unknown', computeUnits: 16 };
const AMD: DeviceProfile = { name: 'amd', computeUnits: 32 };
const PROCESSOR: DeviceProfile = { name: 'software', computeUnits: 2, processor: processorKernels(false) };

const ops = await allOps();
const networks = CHECKS.flatMap(({ networks: own, gpuOnly }) => own.map((network) => ({ network, gpuOnly })));
const graphOf = ({ arch, input }: SmallNetwork) => buildGraph(arch, [1, ...input]);

function planOf(network: SmallNetwork, profile: DeviceProfile): Plan {
  const graph = graphOf(network);
  const { variants } = network;
  const outputs = [...graph.outputs.map(({ node }) => node), ...(network.layers ?? [])];
  const tuned = variants && tunedVariants({ variants });
  return makePlan(graph, { ops, precision: 'f32', profile, tuned, outputs, maxBufferBytes: 2 ** 28 });
}

const kernelsOf = ({ steps, derived }: Plan) => [...steps, ...derived].map(({ dispatch }) => dispatch.kernel);

describe('the networks of the doctor', () => {
  it('reach every operation', () => {
    const reached = new Set(networks.flatMap(({ network }) => graphOf(network).nodes.map(({ op }) => op)));
    expect(Object.keys(references).filter((op) => !reached.has(op as never))).toEqual([]);
  });

  it('reach every kernel, those for processors on processors', () => {
    const reached = new Set([
      ...[GPU, AMD].flatMap((profile) => networks.flatMap(({ network }) => kernelsOf(planOf(network, profile)))),
      ...networks.filter(({ gpuOnly }) => !gpuOnly).flatMap(({ network }) => kernelsOf(planOf(network, PROCESSOR))),
      ...NO_STEP,
    ]);
    expect(SHADERS.map(nameOf).filter((name) => !reached.has(name))).toEqual([]);
  });

  it('reach every tile and every way to split that some GPU may get', () => {
    // A shape that every form can compute.
    const view = { n: 1, h: 32, w: 32, slices: [1024], stride: 256, offset: 0 };
    const params = {
      layer: 'any',
      attributes: { outChannels: 256, kernel: [3, 3], stride: [1, 1], padding: [1, 1, 1, 1], dilation: [1, 1], groups: 1, bias: false },
      inChannels: 256,
      input: { ...view, slices: [256], stride: 64 },
      output: { ...view, slices: [256], stride: 64 },
      epilogue: { activation: 'relu' },
    } as unknown as ConvParams;
    const names = (['amd', 'intel', 'nvidia', 'apple', 'mobile', 'unknown'] as const).flatMap((name) =>
      convCandidates(params, { name }).map((variant) => variantName({ ...variant, split: Math.min(variant.split, 2) })),
    );
    const forced = networks.flatMap(({ network }) => Object.values(network.variants ?? {}));
    const reached = new Set(forced.flatMap((name) => plain(name) ?? []));
    expect([...new Set(names.flatMap((name) => plain(name) ?? []))].filter((name) => !reached.has(name))).toEqual([]);
  });

  it('get the forms that they ask for', () => {
    for (const { network } of networks) {
      const { variants } = network;
      if (!variants) continue;
      const used = planOf(network, GPU).steps.map(({ dispatch }) => dispatch.variant);
      for (const name of Object.values(variants))
        expect(
          used.some((one) => one.startsWith(name.replace(/winograd(\d).*/, 'winograd$1'))),
          name,
        ).toBe(true);
    }
  });

  it('have weights for all that they need, the same at every call', async () => {
    const [first] = networks;
    if (!first) throw new Error('there are none');
    const graph = graphOf(first.network);
    const read = async (seed: number) => (await seededCheckpoint(graph, seed).tensors.get('conv1.weight')?.read())?.data;
    expect(await read(1)).toEqual(await read(1));
    expect(await read(1)).not.toEqual(await read(2));
    const values = (await read(1)) ?? new Float32Array();
    expect(values.length).toBeGreaterThan(1000);
    expect(Math.abs(values.reduce((a, b) => a + b, 0) / values.length)).toBeLessThan(0.01);
  });
});

/** Without the number of parts and the depth of a step, which depend on the layer. */
function plain(name: string): string | undefined {
  const variant = parseVariant(name);
  return variant && `${variantName({ ...variant, split: 1, depth: 4 })}${variant.split > 1 ? ' split' : ''}`;
}
