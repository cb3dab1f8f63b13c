/** Models from an address alone, through loadModel: repositories of a hub, converted models. */
import { readFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { readCheckpoint } from '../../src/checkpoint/read.ts';
import { type ConvertedModel, convert } from '../../src/convert/convert-model.ts';
import { loadModel, type Model } from '../../src/index.ts';
import { difference, expectClose } from '../support/compare.ts';
import { type FileServer, sendFile, serve } from '../support/file-server.ts';
import { goldenNetwork } from '../support/golden-networks.ts';
import { inHub, regnetRepository, timmRepository, transformersRepository } from '../support/hub-repositories.ts';
import { serveHub } from '../support/hub-server.ts';
import { openNodeDevice } from '../support/node-gpu.ts';

let device: GPUDevice;
const servers: FileServer[] = [];
beforeAll(async () => {
  device = await openNodeDevice();
});
afterAll(() => Promise.all(servers.map((server) => server.close())));

const image = { data: new Uint8Array(90 * 70 * 3).map((_, i) => (i * 37) % 251), width: 90, height: 70 };

describe('repositories', () => {
  const repositories = { 'timm/net': timmRepository(), 'microsoft/net': transformersRepository(), 'facebook/net': regnetRepository() };
  let hub: string;
  beforeAll(async () => {
    const files = Object.fromEntries(Object.entries(repositories).map(([name, repository]) => [name, repository.files]));
    const server = await serveHub(inHub(files));
    servers.push(server);
    hub = server.origin;
  });

  it.each(Object.entries(repositories))('%s gives the logits of its library, and its labels', async (name, { golden }) => {
    const model = await loadModel(`hf:${name}`, { device, hub });
    const { logits } = await model.run(golden.input);
    expectClose(name, logits, golden.logits ?? { data: [], shape: [] }, { relative: 1e-4 });
    expect((await model.preprocess(image)).shape).toEqual([1, 3, 64, 64]);
    const [best] = await model.classify(image, { topK: 1 });
    expect(best?.label).toMatch(/^[a-z ]+$/);
    model.dispose();
  });

  it('lets the caller have the last word', async () => {
    const labels = Array.from({ length: 10 }, (_, i) => `class ${i}`);
    const model = await loadModel({ weights: 'hf:microsoft/net', labels, preprocess: { crop: 32 } }, { device, hub });
    expect((await model.preprocess(image)).shape).toEqual([1, 3, 32, 32]);
    expect((await model.classify(image))[0]?.label).toMatch(/^class \d$/);
    model.dispose();
    await expect(loadModel({ weights: 'hf:microsoft/net', labels: ['a'] }, { device, hub })).rejects.toMatchObject({ code: 'usage' });
  });

  it('takes the weights alone where an architecture is given', async () => {
    const { arch, input, logits } = repositories['microsoft/net'].golden;
    const model = await loadModel({ arch, weights: 'hf:microsoft/net' }, { device, hub, inputSize: [64, 64] });
    expectClose('logits', (await model.run(input, { logits: true })).logits, logits ?? { data: [], shape: [] }, { relative: 1e-4 });
    model.dispose();
  });
});

describe('converted models', () => {
  async function serveModel({ manifest, shards }: ConvertedModel): Promise<string> {
    const server = await serve((request, response) => {
      const shard = shards[manifest.shards.findIndex(({ path }) => request.url === `/model/${path}`)];
      if (shard) sendFile(request, response, shard);
      else if (request.url === '/model/manifest.json') response.end(JSON.stringify(manifest));
      else response.writeHead(404).end();
    });
    servers.push(server);
    return `${server.origin}/model`;
  }

  const logitsOf = async (model: Model, golden: { input: { data: Float32Array; shape: number[] } }) =>
    (await model.run(golden.input, { logits: true })).logits;

  it.each(['timm/seresnext', 'classifier/resnest_classifier', 'torchvision/regnet_y'])(
    '%s is the same network to the bit',
    async (path) => {
      const golden = goldenNetwork(path);
      const labels = Array.from({ length: golden.logits?.shape[1] ?? 0 }, (_, i) => `label ${i}`);
      const address = await serveModel(
        await convert(await readCheckpoint(golden.weights), { arch: golden.arch, inputSize: [48, 48], labels, shardBytes: 20_000 }),
      );
      const original = await loadModel({ arch: golden.arch, weights: golden.weights }, { device, inputSize: [48, 48] });
      const model = await loadModel(address, { device });
      expect(model.info.parameters).toBe(original.info.parameters);
      expect((await logitsOf(model, golden))?.data).toEqual((await logitsOf(original, golden))?.data);
      expect((await model.classify(image))[0]?.label).toMatch(/^label \d$/);
      original.dispose();
      model.dispose();
    },
  );

  it('checks the golden record in its self test', async () => {
    const { weights, arch } = goldenNetwork('classifier/resnet18_gap_linear');
    const checkpoint = await readCheckpoint(weights);
    for (const [dtype, precision] of [
      ['f32', 'f32'],
      ['f16', 'f16'],
      ['int8', 'f32'],
    ] as const) {
      const converted = await convert(checkpoint, { arch, dtype, inputSize: [64, 64] });
      const model = await loadModel(await serveModel(converted), { device, precision });
      const { pass, report } = await model.selfTest();
      expect(report).toMatch(/- golden record: pass, at most \d\.\de-\d+ off in layer1\.1\.relu, .*head\.fc; /);
      expect(pass).toBe(true);
      model.dispose();
    }
    const converted = await convert(checkpoint, { arch, inputSize: [64, 64] });
    const values = converted.manifest.golden?.outputs.at(-1)?.values ?? [];
    values[0] = (values[0] ?? 0) + 1;
    const model = await loadModel(await serveModel(converted), { device });
    expect(await model.selfTest()).toMatchObject({
      pass: false,
      firstBad: 'golden record',
      report: expect.stringContaining('golden record: FAIL'),
    });
    model.dispose();
  });

  it('keeps an int8 network’s answers, and explains and embeds', async () => {
    const trained = readFileSync('test/checkpoints/weights/akamaster-cifar10/resnet20-12fca82f.th');
    const photo = { data: new Uint8Array(32 * 32 * 3).map((_, i) => (i * 89) % 256), width: 32, height: 32 };
    const original = await loadModel({ weights: Uint8Array.from(trained) }, { device });
    const model = await loadModel(await serveModel(await convert(await readCheckpoint(trained), { dtype: 'int8' })), { device });
    const [expected, actual] = [await original.classify(photo), await model.classify(photo)];
    expect(actual[0]?.label).toBe(expected[0]?.label);
    const embeddings = [await model.embed(photo), await original.embed(photo)].map((data) => ({ data, shape: [data.length] }));
    const [ours, theirs] = embeddings;
    if (!ours || !theirs) throw new Error('no embeddings');
    expect(difference(ours, theirs).relative).toBeLessThan(0.05);
    expect((await model.explain(photo)).classIndex).toBe(actual[0]?.index);
    original.dispose();
    model.dispose();
  });

  it('is refused where it is none', async () => {
    const address = await serveModel(
      await convert(await readCheckpoint(goldenNetwork('timm/resnet_basic').weights), {
        arch: goldenNetwork('timm/resnet_basic').arch,
        inputSize: [32, 32],
      }),
    );
    await expect(loadModel(`${address}/nothing`, { device })).rejects.toMatchObject({ code: 'network' });
    await expect(loadModel('models/resnet', { device })).rejects.toMatchObject({ code: 'usage' });
    await expect(loadModel(address, { device, signal: AbortSignal.abort() })).rejects.toMatchObject({ code: 'aborted' });
    // As a React effect does when it is cleaned up immediately.
    const controller = new AbortController();
    const loading = loadModel(address, { device, signal: controller.signal });
    controller.abort();
    await expect(loading).rejects.toMatchObject({ code: 'aborted' });
  });
});
