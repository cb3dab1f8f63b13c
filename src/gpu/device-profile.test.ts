import { expect, it } from 'vitest';
import { describeAdapter, deviceProfile } from './device-profile.ts';

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
