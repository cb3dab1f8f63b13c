/** f16 arithmetic, which f16 models use on AMD's GPUs: here on any device with `shader-f16`. */
import { forget } from '../../src/gpu/adapter-store.ts';
import { describeAdapter } from '../../src/gpu/device-profile.ts';
import { deviceDescriptor, loadModel } from '../../src/index.ts';
import { relativeError } from '../../src/inspect/read-values.ts';
import { convProgram } from '../../src/kernels/conv/dispatch.ts';
import { withF16Arithmetic } from '../../src/kernels/conv/f16-arithmetic.ts';
import { namedVariant } from '../../src/kernels/conv/named.ts';
import type { CaseStep } from '../../src/kernels/lib/case.ts';
import { denseView } from '../../src/kernels/lib/kernel.ts';
import { packWeights } from '../../src/kernels/lib/pack.ts';
import type { BrowserCase, Context, List } from '../harness/case.ts';
import { paths } from '../harness/goldens.ts';
import { outOfScope } from '../harness/scope.ts';
import { DispatchRunner } from '../support/dispatch.ts';
import { decodeView, encodeView } from '../support/layout.ts';
import { mockClock } from '../support/mocked-clock.ts';
import { checkFull } from './full.ts';
import { checkNetwork } from './networks.ts';

export const list: List = async (context) => {
  // SwiftShader lacks this feature, lavapipe has it. Tint compiles these texts for the record (npm run record).
  if (!context.adapter.features.has('shader-f16')) {
    if (context.browser === 'chromium') return [];
    const fail = async () => Promise.reject(new Error('without it nothing tests f16 arithmetic; lavapipe has it'));
    return [{ name: 'f16 arithmetic/shader-f16 is there', run: fail }];
  }
  const amd = openAsAmd();
  const networks = await paths(context, 'resnet', 'classifier', 'timm', 'torchvision');
  const full = await paths(context, 'full');
  return [
    // First, so that its kernels are compiled for it.
    { name: 'f16 arithmetic/self test', run: async () => selfTest(await amd) },
    ...networks
      .filter((path) => outOfScope(path) === undefined)
      .map((path, i) => ({
        name: `f16 arithmetic/${path}`,
        // All of them take a minute, and what they test is known to be right in float32 arithmetic.
        long: i % 3 !== 0,
        run: async () => checkNetwork({ ...context, device: await amd }, path, 'safetensors', 'f16'),
      })),
    ...full.map((path) => ({
      name: `f16 arithmetic/${path}`,
      long: path !== 'full/resnet50',
      seconds: 240,
      run: async () => checkFull({ ...context, device: await amd }, path, 'f16'),
    })),
    ...overflows(context),
    { name: 'f16 arithmetic/by measurement', run: byMeasurement },
  ];
};

/** On a GPU whose class does not use it by default, f16 arithmetic is chosen if it was faster and gives the right results. */
async function byMeasurement(): Promise<undefined> {
  const adapter = await navigator.gpu.requestAdapter();
  // Without timestamps the wall clock is used. In this test it shows what it is told to.
  const device = await adapter?.requestDevice({ requiredFeatures: ['shader-f16'] });
  if (!device) throw new Error('no adapter');
  const info = { vendor: 'intel', architecture: 'xe', device: '', description: '' };
  Object.defineProperty(device, 'adapterInfo', { value: info });
  await forget('tuning f16', describeAdapter(info));
  const clock = mockClock(device, (label) => (label.startsWith('conv/f16 ') ? 50 : 300));
  try {
    const input = { data: Float32Array.from({ length: 3 * 16 * 16 }, (_, i) => Math.sin(i)), shape: [1, 3, 16, 16] };
    const load = () =>
      loadModel(
        { arch: 'cifar_resnet20', weights: { random: 3 } },
        { device, inputSize: [16, 16], precision: 'f16', tuning: 'auto', verify: false },
      );
    const first = await load();
    const { logits: expected } = await first.run(input);
    while (!['measured', 'stopped', 'coarse'].includes(first.info.tuning?.state ?? ''))
      await new Promise((resolve) => setTimeout(resolve, 5));
    if (first.info.tuning?.state !== 'measured') throw new Error(JSON.stringify(first.info.tuning));
    first.dispose();
    if (!(await keptKeys()).some((key) => String(key).startsWith('tuning f16|intel'))) throw new Error('IndexedDB has no table');
    const second = await load();
    const { logits } = await second.run(input);
    const { layers } = await second.profile(input);
    const { pass, report } = await second.selfTest();
    second.dispose();
    if (!pass) throw new Error(report);
    const count = layers.filter(({ variant }) => variant.startsWith('f16 ')).length;
    if (count < 10) throw new Error(`${count} dispatches in f16`);
    if (!logits || !expected || relativeError(logits.data, expected.data) > 1e-2)
      throw new Error(`${logits?.data} in place of ${expected?.data}`);
    return undefined;
  } finally {
    clock.restore();
    await forget('tuning f16', describeAdapter(info));
    device.destroy();
  }
}

/** A device that claims to be AMD. Models then use AMD's kernels. */
async function openAsAmd(): Promise<GPUDevice> {
  const adapter = await navigator.gpu.requestAdapter();
  if (!adapter) throw new Error('no adapter');
  const device = await adapter.requestDevice(deviceDescriptor(adapter));
  Object.defineProperty(device, 'adapterInfo', { value: { vendor: 'amd', architecture: 'rdna-2', device: '', description: '' } });
  return device;
}

async function selfTest(device: GPUDevice): Promise<undefined> {
  const texts: string[] = [];
  const compile = device.createShaderModule.bind(device);
  device.createShaderModule = (descriptor) => {
    texts.push(descriptor.code);
    return compile(descriptor);
  };
  const model = await loadModel({ arch: 'resnet18', weights: { random: 1 } }, { device, precision: 'f16', inputSize: [64, 64] });
  const { pass, report } = await model.selfTest();
  model.dispose();
  if (!pass) throw new Error(report);
  if (!texts.some((text) => text.includes('enable f16'))) throw new Error('nothing ran in f16');
}

function keptKeys(): Promise<IDBValidKey[]> {
  return new Promise((resolve, reject) => {
    const opening = indexedDB.open('resnet-webgpu');
    opening.onerror = () => reject(opening.error);
    opening.onsuccess = () => {
      const asked = opening.result.transaction('adapters').objectStore('adapters').getAllKeys();
      asked.onerror = () => reject(asked.error);
      asked.onsuccess = () => {
        opening.result.close();
        resolve(asked.result);
      };
    };
  });
}

/** 16 channels of 1000 make two partial sums of products. Their total is in the range of f16, or hidden by the ReLU. */
function overflows({ device }: Context): BrowserCase[] {
  const cases: [name: string, weights: [number, number], isReported: boolean][] = [
    ['of a chunk', [10, -10], true],
    ['below zero of a chunk, above which is nothing', [-10, 8], true],
    ['below zero', [-10, -10], true],
    ['of the sum of chunks', [8, 8], true],
    ['of no chunk', [8, -8], false],
    ['of no chunk, below the ReLU', [-8, -8], false],
  ];
  return cases.map(([name, weights, isReported]) => ({
    name: `f16 arithmetic/overflow ${name}`,
    run: async () => {
      for (const variant of ['direct-1x16-16-64', 'direct-1x8-8-64/2']) {
        const { overflow, value } = await sumOfChunks(device, weights, variant);
        if ((overflow !== 0) !== isReported) throw new Error(`${variant}: overflow is ${overflow}, value ${value}`);
        const expected = Math.max(0, (weights[0] + weights[1]) * 8000);
        if (!isReported && value !== expected) throw new Error(`${variant}: ${value}, expected ${expected}`);
      }
      return undefined;
    },
  }));
}

async function sumOfChunks(device: GPUDevice, weights: [number, number], variant: string): Promise<{ overflow: number; value: number }> {
  const attributes = {
    outChannels: 4,
    kernel: [1, 1],
    stride: [1, 1],
    padding: [0, 0, 0, 0],
    dilation: [1, 1],
    groups: 1,
    bias: true,
  } as const;
  const [input, output] = [denseView(1, 16, 1, 1), denseView(1, 4, 1, 1)];
  const params = { layer: 'conv', attributes, input, inChannels: 16, output, epilogue: { activation: 'relu' } } as const;
  const profile = { name: 'amd', computeUnits: 16, f16Arithmetic: withF16Arithmetic } as const;
  const { steps } = convProgram(params, 'f16', profile, namedVariant(params, `f16 ${variant}`, profile));
  const pack = { ...attributes, kind: 'conv', weight: 'w', bias: 'b', inChannels: 16, inSlices: [16], outSlices: [4] } as const;
  // Groups of a partial sum are half a step apart.
  const isFirst = (channel: number) => (variant.startsWith('direct-1x16') ? Math.floor(channel / 4) % 2 === 0 : channel < 8);
  const values = Float32Array.from({ length: 64 }, (_, i) => weights[isFirst(i % 16) ? 0 : 1]);
  const contents = new Map<string, ArrayBuffer>([
    ['input', encodeView(input, 'f16', new Float32Array(16).fill(1000))],
    ['weights', await packWeights(pack, 'f16', async (key) => (key === 'b' ? new Float32Array(4) : values))],
    ['output', encodeView(output, 'f16', new Float32Array(4))],
    ['parts', new ArrayBuffer(1024)],
  ]);
  const { overflow, buffers } = await new DispatchRunner(device).run(steps as CaseStep[], contents, ['output']);
  return { overflow, value: decodeView(output, 'f16', buffers.get('output') ?? new ArrayBuffer(0))[0] ?? Number.NaN };
}
