import { expect, it } from 'vitest';
import { completeProfile, describeAdapter, deviceProfile } from './device-profile.ts';

it.each([
  ['Chrome on RDNA 2', { vendor: 'amd', architecture: 'rdna-2' }, 'amd', 32],
  ['a name of native WebGPU', { vendor: 'amd', description: 'AMD Radeon RX 6800' }, 'amd', 64],
  ['a Steam Deck', { vendor: 'amd', description: 'AMD Custom GPU 0405 (RADV VANGOGH)' }, 'amd', 8],
  ['a GeForce', { vendor: 'nvidia', architecture: 'ampere' }, 'nvidia', 28],
  ['an old Intel', { vendor: 'intel', architecture: 'gen-9' }, 'intel', 3],
  ['an Apple', { vendor: 'apple', architecture: 'metal-3' }, 'apple', 10],
  ['a phone', { vendor: 'qualcomm', architecture: 'adreno-7xx' }, 'mobile', 6],
  ['Safari, which says nothing', {}, 'unknown', 16],
  ['SwiftShader', { vendor: 'google', architecture: 'swiftshader' }, 'software', 2],
  ['lavapipe', { vendor: 'mesa', device: 'llvmpipe (LLVM 19.1.7, 256 bits)' }, 'software', 2],
  ['a fallback of no known name', { isFallbackAdapter: true }, 'software', 2],
])('%s', (_, info, name, computeUnits) => {
  expect(deviceProfile(describeAdapter(info as Partial<GPUAdapterInfo>))).toEqual({ name, computeUnits });
});

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
