import { expect, test } from 'vitest';
import type { Dispatch } from '../kernels/lib/kernel.ts';
import type { Engine } from './device.ts';
import { PipelineCache } from './pipelines.ts';
import { avoidRefused } from './refused.ts';

const dispatch: Dispatch = {
  kernel: 'global-pool',
  shader: '',
  variant: '8x8',
  precision: 'f32',
  constants: {},
  bindings: ['read', 'write'],
  uniforms: {},
  workgroups: [1, 1, 1],
};

interface Driver {
  createShaderModule?: () => unknown;
  createComputePipelineAsync?: () => Promise<unknown>;
}

/** How a driver refuses the kernel, and what is reported. */
async function reasonOf(driver: Driver): Promise<string | undefined> {
  const device = {
    lost: new Promise(() => undefined),
    createBindGroupLayout: () => ({}),
    createPipelineLayout: () => ({}),
    createShaderModule: () => ({ getCompilationInfo: async () => ({ messages: [] }) }),
    createComputePipelineAsync: async () => Promise.reject(new Error('the driver is in a mood.\nAnd more of it.')),
    ...driver,
  } as unknown as GPUDevice;
  const pipelines = new PipelineCache(device);
  const engine = { device, pipelines, profile: { name: 'unknown', computeUnits: 16 } } as unknown as Engine;
  const error = await pipelines.get(dispatch).then(
    () => undefined,
    (refusal: unknown) => refusal,
  );
  expect(error).toMatchObject({ code: 'shader', layer: 'global-pool/8x8/f32' });
  expect(await avoidRefused(engine, error)).toBe(true);
  return pipelines.avoided?.reasonOf(dispatch);
}

test('what fails beside the first is excluded, too, though the next plan may not ask for it', async () => {
  const stem = { ...dispatch, kernel: 'stem-tiled', variant: '8x4' };
  const sum = { ...dispatch, kernel: 'conv-sum', variant: '4 parts' };
  const good = { ...dispatch, kernel: 'pool', variant: 'max 3x3' };
  const device = {
    lost: new Promise(() => undefined),
    createBindGroupLayout: () => ({}),
    createPipelineLayout: () => ({}),
    createShaderModule: () => ({ getCompilationInfo: async () => ({ messages: [] }) }),
    createComputePipelineAsync: async ({ label }: { label: string }) => {
      if (label.startsWith('pool')) return {};
      if (label.startsWith('conv-sum')) await new Promise((resolve) => setTimeout(resolve, 200));
      throw new Error(`no ${label}`);
    },
  } as unknown as GPUDevice;
  const pipelines = new PipelineCache(device);
  const engine = { device, pipelines, profile: { name: 'unknown', computeUnits: 16 } } as unknown as Engine;
  const texts = { [stem.kernel]: '// a', [sum.kernel]: '// b', [good.kernel]: '// c' };
  const error = await Promise.all([stem, sum, good].map((one) => pipelines.get({ ...one, shader: texts[one.kernel] ?? '' }))).catch(
    (refusal: unknown) => refusal,
  );
  expect(await avoidRefused(engine, error)).toBe(true);
  expect(pipelines.avoided?.reasonOf(stem)).toContain('(no stem-tiled/8x4/f32)');
  expect(pipelines.avoided?.reasonOf(sum)).toContain('(no conv-sum/4 parts/f32)');
  expect(pipelines.avoided?.reasonOf(good)).toBeUndefined();
});

const module = (message: string) => () => ({ getCompilationInfo: async () => ({ messages: [{ type: 'error', message, offset: 0 }] }) });

test.each<[string, Driver, string]>([
  ['a pipeline with an error', {}, 'the driver is in a mood'],
  ['a module, which it says why', { createShaderModule: module('no such type') }, 'no such type'],
  ['a module at once', { createShaderModule: () => fail(new Error('not now')) }, 'not now'],
  ['a module, and never tells', { createShaderModule: () => ({}) }, 'the driver is in a mood'],
  ['a pipeline at once', { createComputePipelineAsync: () => fail(new Error('at once')) }, 'at once'],
  ['a pipeline with an empty error', { createComputePipelineAsync: () => Promise.reject(new Error('')) }, 'without a message'],
  ['a pipeline with a text', { createComputePipelineAsync: () => Promise.reject('just so') }, 'just so'],
  ['a pipeline with nothing', { createComputePipelineAsync: () => Promise.reject() }, 'without a message'],
])('a driver refuses %s', async (_, driver, reason) => {
  expect(await reasonOf(driver)).toBe(`the driver refused it (${reason})`);
});

function fail(error: Error): never {
  throw error;
}
