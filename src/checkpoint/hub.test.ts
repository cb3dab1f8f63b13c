/** Repositories on a local server with the Hub's layout, from their address to PyTorch's logits. */
import { afterEach, describe, expect, test, vi } from 'vitest';
import { architectureCase } from '../../test/support/architecture-cases.ts';
import { expectClose } from '../../test/support/compare.ts';
import type { FileServer } from '../../test/support/file-server.ts';
import { inHub, type Repository, regnetRepository, timmRepository, transformersRepository } from '../../test/support/hub-repositories.ts';
import { type HubFiles, serveHub } from '../../test/support/hub-server.ts';
import { stubCaches } from '../../test/support/open-fixtures.ts';
import { resolveArch } from '../arch/index.ts';
import { forward } from '../convert/forward.ts';
import { bindCheckpoint } from './bind.ts';
import { describeWeights } from './describe.ts';
import { guessArch } from './guess.ts';

let server: FileServer | undefined;
afterEach(async () => {
  await server?.close();
  server = undefined;
  vi.unstubAllGlobals();
});

async function serveFiles(files: HubFiles): Promise<string> {
  server = await serveHub(files);
  return server.origin;
}

/** Loads as loadModel does, and compares. */
async function expectLogits(address: string, hub: string, { golden }: Repository): Promise<void> {
  const { card, open } = await describeWeights(address, { hub });
  const { checkpoint } = await open();
  const arch = await resolveArch(card.arch ?? guessArch(checkpoint).arch, { numClasses: card.numClasses, keys: checkpoint.tensors });
  const graph = arch.build(golden.input.shape);
  const bound = await bindCheckpoint(graph, checkpoint, { arch: arch.name });
  const logits = graph.outputs.find(({ kind }) => kind === 'logits')?.node ?? '';
  const values = await forward(graph, async (key) => (await bound.get(key).read()).data, golden.input, [logits]);
  expectClose(address, values.get(logits), golden.logits ?? { data: [], shape: [] }, { relative: 1e-5 });
}

describe('timm', () => {
  test('architecture, classes, labels and preprocessing come from config.json', async () => {
    const hub = await serveFiles(inHub({ 'timm/resnet': timmRepository().files }));
    const { card } = await describeWeights('hf:timm/resnet', { hub });
    expect(card).toMatchInlineSnapshot(`
      {
        "arch": {
          "block": "BasicBlock",
          "channels": [
            8,
            8,
            8,
            12,
          ],
          "entrypoint": "resnet18",
          "layers": [
            2,
            1,
            1,
            1,
          ],
          "library": "timm",
        },
        "inputSize": [
          64,
          64,
        ],
        "labels": [
          "zero",
          "the number one",
          "the number two",
          "the number three",
          "the number four",
        ],
        "numClasses": 5,
        "preprocess": {
          "crop": 64,
          "cropRounding": "torchvision",
          "mean": [
            127.5,
            102,
            76.5,
          ],
          "order": "rgb",
          "resize": {
            "edge": "short",
            "filter": "bicubic",
            "kernel": "pillow",
            "size": 67,
          },
          "std": [
            51,
            63.75,
            76.5,
          ],
        },
        "test": {
          "inputSize": [
            96,
            96,
          ],
          "preprocess": {
            "crop": 96,
            "cropRounding": "torchvision",
            "mean": [
              127.5,
              102,
              76.5,
            ],
            "order": "rgb",
            "resize": {
              "edge": "short",
              "filter": "bicubic",
              "kernel": "pillow",
              "size": 101,
            },
            "std": [
              51,
              63.75,
              76.5,
            ],
          },
        },
      }
    `);
    expect(server?.requests).toEqual(['GET /timm/resnet/resolve/main/config.json']);
    await expectLogits('hf:timm/resnet', hub, timmRepository());
  });

  test.each([
    ['a published network', { architecture: 'resnet50', num_classes: 1000, pretrained_cfg: { tag: 'a1_in1k' } }, 'resnet50.a1_in1k'],
    ['a network without tag', { architecture: 'resnet50', pretrained_cfg: { num_classes: 7 } }, 'timm/resnet50'],
    ['the older form', { architecture: 'seresnet50', num_classes: 3, labels: ['a', 'b', 'c'], tag: 'x-y' }, 'timm/seresnet50'],
    [
      'other channels',
      { architecture: 'resnet18', pretrained_cfg: { input_size: [4, 64, 64] } },
      { library: 'timm', entrypoint: 'resnet18', in_chans: 4 },
    ],
    [
      'arguments that are the defaults',
      { architecture: 'resnet18', model_args: { in_chans: 3, num_classes: 5, img_size: 64 } },
      'timm/resnet18',
    ],
    ['transformers around it', { architecture: 'resnet34', model_type: 'timm_wrapper', pretrained_cfg: {} }, 'timm/resnet34'],
  ])('%s', async (_, config, arch) => {
    const hub = await serveFiles({ 'a/b/main/config.json': config });
    const { card } = await describeWeights('hf:a/b', { hub });
    expect(card.arch).toEqual(arch);
    expect({ ...card, arch: undefined }).toMatchSnapshot();
    await resolveArch(card.arch ?? '', { numClasses: card.numClasses });
  });

  test.each([
    ['another network', { architecture: 'vit_base_patch16_224' }],
    ['another filter', { architecture: 'resnet18', pretrained_cfg: { interpolation: 'random' } }],
    ['another crop', { architecture: 'resnet18', pretrained_cfg: { crop_mode: 'corner' } }],
  ])('%s is refused', async (_, config) => {
    const hub = await serveFiles({ 'a/b/main/config.json': config });
    const call = describeWeights('hf:a/b', { hub });
    await expect(call).rejects.toMatchObject({ code: 'unsupported' });
    await expect(call).rejects.toThrowErrorMatchingSnapshot();
  });

  test('squashed images', async () => {
    const pretrained_cfg = { crop_mode: 'squash', crop_pct: 0.8, input_size: [3, 64, 32], interpolation: 'bilinear' };
    const hub = await serveFiles({ 'a/b/main/config.json': { architecture: 'resnet18', pretrained_cfg } });
    expect((await describeWeights('hf:a/b', { hub })).card).toMatchObject({
      inputSize: [64, 32],
      preprocess: { resize: { size: [80, 40], edge: 'exact', filter: 'bilinear' }, crop: [64, 32] },
    });
  });
});

test('ResNetV2 of timm, of 21843 classes', async () => {
  const own = {
    tag: 'goog_in21k',
    input_size: [3, 224, 224],
    interpolation: 'bilinear',
    crop_pct: 0.875,
    mean: [0.5, 0.5, 0.5],
    std: [0.5, 0.5, 0.5],
  };
  const config = { architecture: 'resnetv2_50x1_bit', num_classes: 21843, num_features: 2048, pretrained_cfg: own };
  const hub = await serveFiles({ 'timm/bit/main/config.json': config });
  const { card } = await describeWeights('hf:timm/bit', { hub });
  expect(card).toMatchObject({ arch: 'resnetv2_50x1_bit.goog_in21k', numClasses: 21843, inputSize: [224, 224] });
  expect(await resolveArch(card.arch ?? '')).toMatchObject({
    classes: 21843,
    preprocess: { resize: { size: 256, filter: 'bilinear' }, mean: [127.5, 127.5, 127.5] },
  });
});

test('a relative of the family is refused by what it is', async () => {
  const hub = await serveFiles({
    'timm/r/main/config.json': { architecture: 'resnet51q', num_classes: 1000, pretrained_cfg: { tag: 'ra2_in1k' } },
  });
  await expect(describeWeights('hf:timm/r', { hub })).rejects.toMatchObject({
    code: 'unsupported',
    message: expect.stringContaining('is a ByobNet'),
  });
});

describe('transformers', () => {
  test('ResNet: architecture, labels and preprocessing', async () => {
    const hub = await serveFiles(inHub({ 'microsoft/resnet': transformersRepository().files }));
    const { card } = await describeWeights('hf:microsoft/resnet', { hub });
    expect(card).toMatchInlineSnapshot(`
      {
        "arch": {
          "depths": [
            2,
            2,
            2,
            2,
          ],
          "downsample_in_bottleneck": false,
          "downsample_in_first_stage": false,
          "embedding_size": 6,
          "hidden_act": "relu",
          "hidden_sizes": [
            2,
            4,
            8,
            16,
          ],
          "layer_type": "basic",
          "library": "transformers",
          "num_channels": 3,
          "num_labels": 10,
          "type": "resnet",
        },
        "inputSize": [
          64,
          64,
        ],
        "labels": [
          "zero",
          "one",
          "two",
          "three",
          "four",
          "five",
          "six",
          "seven",
          "eight",
          "nine",
        ],
        "preprocess": {
          "crop": 64,
          "cropRounding": "transformers",
          "mean": [
            123.675,
            116.28,
            103.53,
          ],
          "order": "rgb",
          "resize": {
            "edge": "short",
            "filter": "bicubic",
            "kernel": "pillow",
            "size": 73,
          },
          "std": [
            58.395,
            57.120000000000005,
            57.375,
          ],
        },
      }
    `);
    await expectLogits('hf:microsoft/resnet', hub, transformersRepository());
  });

  test('RegNet, with weights of torch.save alone', async () => {
    const { files, golden } = regnetRepository();
    const { 'model.safetensors': weights, ...rest } = files;
    // The reader recognises formats by the bytes.
    const hub = await serveFiles(inHub({ 'facebook/regnet': { ...rest, 'pytorch_model.bin': weights as Uint8Array } }));
    const { card } = await describeWeights('hf:facebook/regnet', { hub });
    expect(card.preprocess).toMatchObject({ resize: { size: 71, filter: 'bilinear' }, crop: 64 });
    await expectLogits('hf:facebook/regnet', hub, { files, golden });
  });

  test.each([
    ['384 and above: distorted, not cropped', { size: { shortest_edge: 384 }, crop_pct: 1 }],
    ['without any setting', {}],
    ['without resize and normalisation', { do_resize: false, do_normalize: false, size: 32 }],
    ['values up to 255', { do_rescale: false, image_mean: [120, 110, 100], image_std: [50, 50, 50], size: 32 }],
    ['ViT', { image_processor_type: 'ViTImageProcessor', size: { height: 32, width: 48 } }],
    ['BiT', { image_processor_type: 'BitImageProcessorFast', size: { shortest_edge: 40 }, crop_size: { height: 32, width: 24 } }],
  ])('preprocessing: %s', async (_, processor) => {
    const hub = await serveFiles({ 'a/b/main/config.json': { model_type: 'resnet' }, 'a/b/main/preprocessor_config.json': processor });
    const { preprocess, inputSize } = (await describeWeights('hf:a/b', { hub })).card;
    expect({ preprocess, inputSize }).toMatchSnapshot();
  });

  test('without preprocessor_config.json the recipe is the architecture’s', async () => {
    const hub = await serveFiles({ 'a/b/main/config.json': { model_type: 'resnet', num_labels: 4 } });
    const { card } = await describeWeights('hf:a/b', { hub });
    expect(card).toEqual({ arch: { library: 'transformers', type: 'resnet', num_labels: 4 } });
  });

  test('a bare backbone has no classes', async () => {
    const hub = await serveFiles({
      'a/b/main/config.json': { model_type: 'resnet', architectures: ['ResNetModel'], id2label: { 0: 'a', 1: 'b' } },
    });
    expect((await describeWeights('hf:a/b', { hub })).card).toEqual({ arch: { library: 'transformers', type: 'resnet', num_labels: 0 } });
  });

  test('BiT, with all that its configuration says', async () => {
    const { arch, input, tensors } = architectureCase('bit bottleneck SAME');
    const { library: _, type: model_type, num_labels, ...own } = arch as Readonly<Record<string, unknown>>;
    const id2label = Object.fromEntries(Array.from({ length: Number(num_labels) }, (_, i) => [i, `LABEL_${i}`]));
    const rest = {
      architectures: ['BitForImageClassification'],
      drop_path_rate: 0,
      hidden_act: 'relu',
      num_channels: 3,
      output_stride: 32,
      width_factor: 1,
    };
    const config = {
      ...rest,
      ...own,
      model_type,
      id2label,
      out_features: ['stage4'],
      stage_names: ['stem', 'stage1', 'stage2', 'stage3', 'stage4'],
    };
    const processor = { image_processor_type: 'BitImageProcessor', size: { shortest_edge: 448 }, crop_size: { height: 448, width: 448 } };
    const hub = await serveFiles({ 'google/bit/main/config.json': config, 'google/bit/main/preprocessor_config.json': processor });
    const { card } = await describeWeights('hf:google/bit', { hub });
    expect(card.preprocess).toMatchObject({ resize: { size: 448, edge: 'short', filter: 'bicubic' }, crop: [448, 448] });
    const resolved = await resolveArch(card.arch ?? '', { numClasses: card.numClasses });
    expect(resolved.classes).toBe(num_labels);
    // Throws unless names and sizes are the library's.
    tensors(resolved.build(input.shape));
  });

  test.each([
    ['another model', { model_type: 'vit', architectures: ['ViTForImageClassification'] }, {}],
    ['another processor', { model_type: 'resnet' }, { image_processor_type: 'LevitImageProcessor' }],
    ['another filter', { model_type: 'resnet' }, { resample: 7 }],
    ['neither library', { library_name: 'keras', layers: [] }, {}],
  ])('%s is refused', async (_, config, processor) => {
    const hub = await serveFiles({ 'a/b/main/config.json': config, 'a/b/main/preprocessor_config.json': processor });
    const call = describeWeights('hf:a/b', { hub });
    await expect(call).rejects.toMatchObject({ code: 'unsupported' });
    await expect(call).rejects.toThrowErrorMatchingSnapshot();
  });
});

describe('the hub', () => {
  test('a revision may be a branch, a hash or a pull request', async () => {
    const hub = await serveFiles(inHub({ 'a/b': timmRepository().files }, 'refs/pr/1'));
    await expectLogits('hf:a/b@refs/pr/1', hub, timmRepository());
    expect(server?.requests[0]).toBe('GET /a/b/resolve/refs%2Fpr%2F1/config.json');
    await expect(describeWeights('hf:a/b@v2', { hub }).then(({ open }) => open())).rejects.toMatchObject({ code: 'network' });
  });

  test('without config.json the keys tell', async () => {
    const { golden, files } = transformersRepository();
    const hub = await serveFiles(inHub({ 'a/b': { 'model.safetensors': files['model.safetensors'] as Uint8Array } }));
    expect((await describeWeights('hf:a/b', { hub })).card).toEqual({});
    await expectLogits('hf:a/b', hub, { golden, files });
  });

  test.each([
    ['no such repository, or one that needs a login', 'hf:no/body', { 'a/b/main/config.json': {} }, 'network'],
    ['no weights', 'hf:a/b', { 'a/b/main/config.json': { model_type: 'resnet' } }, 'network'],
    ['no address', 'hf:resnet50', {}, 'usage'],
    ['a config that is a list', 'hf:a/b', { 'a/b/main/config.json': [] }, 'checkpoint-format'],
  ])('%s', async (_, address, files, code) => {
    const hub = await serveFiles(files);
    const call = describeWeights(address, { hub }).then(({ open }) => open());
    await expect(call).rejects.toMatchObject({ code });
    const message = await call.catch((error: Error) => error.message);
    expect(String(message).replaceAll(hub, 'https://hub')).toMatchSnapshot();
  });

  test('what was kept needs no connection', async () => {
    stubCaches();
    const hub = await serveFiles(inHub({ 'a/b': transformersRepository().files }));
    const first = await describeWeights('hf:a/b', { hub, cache: true });
    await first.open();
    await server?.close();
    server = undefined;
    const again = await describeWeights('hf:a/b', { hub, cache: true });
    expect(again.card).toEqual(first.card);
    expect((await again.open()).checkpoint.tensors.size).toBe(128);
  });

  test('stops when asked to', async () => {
    const hub = await serveFiles(inHub({ 'a/b': timmRepository().files }));
    const signal = AbortSignal.abort();
    await expect(describeWeights('hf:a/b', { hub, signal })).rejects.toMatchObject({ code: 'aborted' });
  });
});
