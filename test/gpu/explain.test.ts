/** Where a class activation map gets the weights of its class. */
import { afterAll, beforeAll, expect, it } from 'vitest';
import { classActivationMap } from '../../src/classify/cam.ts';
import { loadModel, readCheckpoint } from '../../src/index.ts';
import { difference } from '../support/compare.ts';
import { type FileServer, sendFile, serve } from '../support/file-server.ts';
import { goldenNetwork } from '../support/golden-networks.ts';
import { openNodeDevice } from '../support/node-gpu.ts';

let device: GPUDevice;
let server: FileServer;
const { arch, weights, input } = goldenNetwork('timm/resnet_basic');
beforeAll(async () => {
  device = await openNodeDevice();
  server = await serve((request, response) => sendFile(request, response, weights));
});
afterAll(() => server.close());

const [, , height = 0, width = 0] = input.shape;
const image = { data: new Uint8Array(height * width * 3).map((_, i) => (i * 37) % 251), width, height };

it.each([
  ['f32', 1e-6],
  ['f16', 5e-3],
] as const)('explains from the weights on the GPU, without asking for the file again: %s', async (precision, relative) => {
  const model = await loadModel({ arch, weights: `${server.origin}/w` }, { device, precision, inputSize: [height, width] });
  const before = server.requests.length;
  const explained = await model.explain(image, { classIndex: 1 });
  expect(server.requests).toHaveLength(before);

  const { features } = await model.run(await model.preprocess(image), { features: true });
  const map = features.at(-1) ?? { data: new Float32Array(), shape: [] };
  const head = await (await readCheckpoint(weights)).tensors.get('fc.weight')?.read();
  const channels = map.shape[1] ?? 0;
  const row = head?.data.subarray(channels, 2 * channels) ?? new Float32Array();
  const expected = classActivationMap(map, row, 1);
  const shape = [expected.data.length];
  expect(difference({ data: explained.data, shape }, { data: expected.data, shape }).relative).toBeLessThan(relative);
  const { staging } = model.memory();
  await model.explain(image);
  expect(model.memory().staging).toBe(staging);
  model.dispose();
});

it('explains a model whose weights came by a stream', async () => {
  const model = await loadModel({ arch, weights: new Blob([weights]).stream() }, { device, inputSize: [height, width] });
  expect((await model.explain(image)).data.length).toBeGreaterThan(0);
  model.dispose();
});
