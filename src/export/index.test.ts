import { readdirSync, readFileSync } from 'node:fs';
import { PNG } from 'pngjs';
import { expect, test } from 'vitest';
import { expectClose, f32 } from '../../test/support/compare.ts';
import { runOnnx, runTfjs } from '../../test/support/export-runtimes.ts';
import { readNpyTensor } from '../../test/support/npy.ts';
import { runGraph } from '../../test/support/run-graph.ts';
import type { Tensor } from '../api/types.ts';
import { buildGraph } from '../arch/graph.ts';
import type { Arch } from '../arch/index.ts';
import { bindCheckpoint } from '../checkpoint/bind.ts';
import { randomCheckpoint } from '../checkpoint/random.ts';
import { readCheckpoint } from '../checkpoint/read.ts';
import { noise } from '../kernels/lib/case.ts';
import { ResnetError } from '../util/errors.ts';
import { type ExportOptions, toOnnx, toTfjsGraph } from './index.ts';

const tiny = { type: 'ResNet', depth: 18, base_channels: 8, stem_channels: 8 };
const classifier = {
  type: 'ImageClassifier',
  backbone: { ...tiny, out_indices: [3] },
  neck: { type: 'GlobalAveragePooling' },
  head: { type: 'LinearClsHead', num_classes: 10, in_channels: 64 },
};

const oneStage = { ...tiny, type: 'mmdet.ResNet', depth: 50, num_stages: 1, strides: [2], dilations: [1], out_indices: [0] };

function network(arch: unknown, shape: number[] = [1, 3, 32, 40]) {
  const graph = buildGraph(arch as Arch, shape);
  return { graph, checkpoint: randomCheckpoint(graph, 5), input: { data: noise(shape, 1), shape } };
}

/** Runs a network that no reference case has in both runtimes, and compares with this library's operations in plain JavaScript. */
async function expectAsOurs(arch: unknown, options: ExportOptions = {}): Promise<void> {
  const { graph, checkpoint, input } = network(arch);
  const values = await runGraph(graph, await bindCheckpoint(graph, checkpoint, { arch: 'x' }), input);
  const onnx = await runOnnx(await toOnnx(graph, checkpoint, options), { input });
  const tfjs = await runTfjs(await toTfjsGraph(graph, checkpoint, options), { input });
  expect(Object.keys(onnx)).toEqual(Object.keys(tfjs));
  for (const [name, tensor] of Object.entries(onnx)) {
    const { node = '' } =
      graph.outputs.find(({ kind, stage }) => name === (kind === 'feature' && stage !== 'img' ? `stage${stage}` : (stage ?? kind))) ?? {};
    const expected = values.get(node);
    if (!expected) throw new Error(`no ${name} to compare with`);
    expectClose(`ONNX ${name}`, tensor, expected, f32());
    expectClose(`TF.js ${name}`, tfjs[name], expected, f32());
  }
}

test('logits unless asked otherwise, of a backbone the last stage', async () => {
  const outputs = async (arch: unknown, options?: ExportOptions) => {
    const { graph, checkpoint } = network(arch);
    return Object.keys((await toTfjsGraph(graph, checkpoint, options)).signature.outputs);
  };
  expect(await outputs(classifier)).toEqual(['logits']);
  expect(await outputs(tiny, { outputs: [] })).toEqual(['stage3']);
  expect(await outputs(classifier, { outputs: ['pooled', 1, 'logits', 1] })).toEqual(['pooled', 'stage1', 'logits']);
});

test('an output that the graph has not', async () => {
  const { graph, checkpoint } = network(tiny);
  await expect(toOnnx(graph, checkpoint, { outputs: [4] })).rejects.toThrowErrorMatchingInlineSnapshot(
    `[ResnetError: [outputs] the graph has no output 4; it has 0, 1, 2, 3. Ask for one of these.]`,
  );
  await expect(toTfjsGraph(graph, checkpoint, { outputs: ['logits'] })).rejects.toThrowErrorMatchingInlineSnapshot(
    `[ResnetError: [outputs] the graph has no output logits; it has 0, 1, 2, 3. Ask for one of these.]`,
  );
});

test('several outputs at once, the pooled vector and the input among them', async () => {
  await expectAsOurs(classifier, { outputs: [0, 3, 'pooled', 0, 'logits'] });
  await expectAsOurs({ ...oneStage, type: 'mmdet.DetectoRS_ResNet', output_img: true }, { outputs: ['img', 0] });
});

test.each<[string, object]>([
  ['ResNet', tiny],
  ['group norm', { ...tiny, norm_cfg: { type: 'GN', num_groups: 4 } }],
  ['split attention', { ...oneStage, type: 'ResNeSt', groups: 2 }],
  ['non-local block', { ...oneStage, plugins: [{ cfg: { type: 'NonLocal2d' }, position: 'after_conv2', stages: [true] }] }],
])('any batch: %s', async (_, arch) => {
  const { graph, checkpoint, input } = network(arch);
  const twice = { data: Float32Array.of(...input.data, ...input.data.map((x) => -x)), shape: [2, ...input.shape.slice(1)] };
  const whole = network(arch, twice.shape);
  const values = await runGraph(whole.graph, await bindCheckpoint(whole.graph, checkpoint, { arch: 'x' }), twice);
  const { node = '', stage } = whole.graph.outputs.at(-1) ?? {};
  const expected = values.get(node) ?? input;
  expectClose('ONNX', (await runOnnx(await toOnnx(graph, checkpoint), { input: twice }))[`stage${stage}`], expected, f32());
  expectClose('TF.js', (await runTfjs(await toTfjsGraph(graph, checkpoint), { input: twice }))[`stage${stage}`], expected, f32());
});

test('tensors from a checkpoint, a bound one or a function', async () => {
  const { graph, checkpoint } = network(classifier);
  const bound = await bindCheckpoint(graph, checkpoint, { arch: 'x' });
  const read = (key: string) => bound.get(key).read();
  const models = await Promise.all([checkpoint, bound, read].map((weights) => toOnnx(graph, weights)));
  for (const model of models.slice(1)) expect(Buffer.compare(model, models[0] ?? model)).toBe(0);
});

test('a checkpoint of another network', async () => {
  const { graph } = network(classifier);
  const other = network({ type: 'ResNet', depth: 34 }).checkpoint;
  const error = await toOnnx(graph, other).catch((thrown) => thrown);
  expect(error).toBeInstanceOf(ResnetError);
  expect(error.code).toBe('checkpoint-keys');
});

test('unexpected tensors pass if told so', async () => {
  const { graph, checkpoint } = network(classifier);
  const more = { ...checkpoint, tensors: new Map([...checkpoint.tensors, ['projector.weight', [...checkpoint.tensors.values()][0]]]) };
  await expect(toOnnx(graph, more as typeof checkpoint)).rejects.toThrow('projector.weight');
  const model = await toOnnx(graph, more as typeof checkpoint, { strict: false });
  expect(Buffer.compare(model, await toOnnx(graph, checkpoint))).toBe(0);
});

test('batch norm and ReLU are in the convolutions', async () => {
  const { graph, checkpoint } = network(classifier);
  const { modelTopology, weightSpecs, weightData } = await toTfjsGraph(graph, checkpoint);
  const counts: Record<string, number> = {};
  for (const { op } of modelTopology.node) counts[op] = (counts[op] ?? 0) + 1;
  expect(counts).toMatchInlineSnapshot(`
    {
      "AddV2": 8,
      "Const": 46,
      "Identity": 1,
      "MaxPool": 1,
      "Mean": 1,
      "PadV2": 1,
      "Placeholder": 1,
      "Relu": 8,
      "Reshape": 1,
      "_FusedConv2D": 20,
      "_FusedMatMul": 1,
    }
  `);
  const floats = weightSpecs.filter(({ dtype }) => dtype === 'float32').flatMap(({ shape }) => shape.reduce((a, b) => a * b, 1));
  expect(weightData.byteLength).toBe(4 * weightSpecs.reduce((sum, { shape }) => sum + shape.reduce((a, b) => a * b, 1), 0));
  // All parameters but the scales of the norms, which the weights contain now, and one constant for the max pooling's padding.
  const scales = graph.nodes.filter(({ op }) => op === 'batch_norm').reduce((sum, { shape }) => sum + (shape[1] ?? 0), 0);
  expect(floats.reduce((a, b) => a + b, 0)).toBe(graph.parameters - scales + 1);
});

test.each<[string, object]>([
  ['context block', { plugins: [{ cfg: { type: 'ContextBlock', ratio: 0.25 }, position: 'after_conv3', stages: [true] }] }],
  ['non-local block', { plugins: [{ cfg: { type: 'NonLocal2d', mode: 'concatenation' }, position: 'after_conv2', stages: [true] }] }],
  ['switchable convolution', { type: 'mmdet.DetectoRS_ResNet', sac: { type: 'SAC', use_deform: false }, stage_with_sac: [true] }],
])('%s', (_, settings) => expectAsOurs({ ...oneStage, ...settings }));

test('what no other runtime has is refused by name', async () => {
  const dcn = {
    ...tiny,
    type: 'mmdet.ResNet',
    depth: 50,
    dcn: { type: 'DCNv2', deform_groups: 1 },
    stage_with_dcn: [false, true, false, false],
  };
  const { graph, checkpoint } = network(dcn);
  for (const write of [toOnnx, toTfjsGraph]) {
    const error: ResnetError = await write(graph, checkpoint).catch((thrown) => thrown);
    expect(error.code).toBe('unsupported');
    expect(error.layer).toBe('layer2.0.conv2');
    expect(error.message).toMatchInlineSnapshot(
      `"[layer2.0.conv2] operation deform_conv2d cannot be exported. Leave out the plugin or option that asks for it."`,
    );
  }
});

test('a published checkpoint on images', async () => {
  const folder = 'test/checkpoints';
  const files = readdirSync(`${folder}/images/cifar10/png`);
  const input: Tensor = { data: new Float32Array(files.length * 3 * 1024), shape: [files.length, 3, 32, 32] };
  const [mean, deviation] = [
    [0.485, 0.456, 0.406],
    [0.229, 0.224, 0.225],
  ];
  files.forEach((file, n) => {
    const { data } = PNG.sync.read(readFileSync(`${folder}/images/cifar10/png/${file}`));
    for (let at = 0; at < 3 * 1024; at++) {
      const c = at >> 10;
      input.data[n * 3 * 1024 + at] = ((data[(at & 1023) * 4 + c] ?? 0) / 255 - (mean?.[c] ?? 0)) / (deviation?.[c] ?? 1);
    }
  });
  const all = readNpyTensor(readFileSync(`${folder}/reference/resnet20-12fca82f.test-0000-0499.npy`));
  const rows = files.map((file) => Number(/\d+/.exec(file)?.[0]));
  const expected = {
    data: Float32Array.from(rows.flatMap((row) => [...all.data.subarray(row * 10, row * 10 + 10)])),
    shape: [files.length, 10],
  };

  const checkpoint = await readCheckpoint(readFileSync(`${folder}/weights/akamaster-cifar10/resnet20-12fca82f.th`));
  const graph = buildGraph('cifar_resnet20', [1, 3, 32, 32], { numClasses: 10 });
  expectClose('ONNX', (await runOnnx(await toOnnx(graph, checkpoint), { input })).logits, expected, f32());
  expectClose('TF.js', (await runTfjs(await toTfjsGraph(graph, checkpoint), { input })).logits, expected, f32());
});
