import { expect, it } from 'vitest';
import { completeProfile } from './complete-profile.ts';
import { describeAdapter } from './device-profile.ts';

it('f16 arithmetic is for f16 models on AMD from RDNA on, and software adapters have separate shaders', async () => {
  const profile = (info: object, precision: 'f16' | 'f32', f16 = true) =>
    completeProfile(describeAdapter(info as Partial<GPUAdapterInfo>), precision, { f16, quads: true });
  const rdna = { vendor: 'amd', architecture: 'rdna-3' };
  expect((await profile(rdna, 'f16')).f16Arithmetic).toBeDefined();
  expect((await profile(rdna, 'f32')).f16Arithmetic).toBeUndefined();
  expect((await profile(rdna, 'f16', false)).f16Arithmetic).toBeUndefined();
  expect((await profile({ vendor: 'amd', architecture: 'gcn-5' }, 'f16')).f16Arithmetic).toBeUndefined();
  expect((await profile({ vendor: 'nvidia', architecture: 'ampere' }, 'f16')).f16Arithmetic).toBeUndefined();
  expect((await profile({ architecture: 'swiftshader' }, 'f32')).processor).toBeDefined();
  expect((await profile(rdna, 'f32')).processor).toBeUndefined();
});
