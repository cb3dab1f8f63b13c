import { expect, it } from 'vitest';
import { completeProfile } from './complete-profile.ts';
import { describeAdapter } from './device-profile.ts';

it('halves are for f16 on AMD from RDNA on, shaders of their own for processors', async () => {
  const profile = (info: object, precision: 'f16' | 'f32', f16 = true) =>
    completeProfile(describeAdapter(info as Partial<GPUAdapterInfo>), precision, { f16, quads: true });
  const rdna = { vendor: 'amd', architecture: 'rdna-3' };
  expect((await profile(rdna, 'f16')).halves).toBeDefined();
  expect((await profile(rdna, 'f32')).halves).toBeUndefined();
  expect((await profile(rdna, 'f16', false)).halves).toBeUndefined();
  expect((await profile({ vendor: 'amd', architecture: 'gcn-5' }, 'f16')).halves).toBeUndefined();
  expect((await profile({ vendor: 'nvidia', architecture: 'ampere' }, 'f16')).halves).toBeUndefined();
  expect((await profile({ architecture: 'swiftshader' }, 'f32')).processor).toBeDefined();
  expect((await profile(rdna, 'f32')).processor).toBeUndefined();
});
