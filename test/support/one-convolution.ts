/**
 * The generated parts of docs/one-convolution.md: layer1.0.conv1 of a ResNet-50, from the key in the file to its numbers. Weights and
 * input are those of test/goldens/full/tv_resnet50. They come from a generator, and PyTorch computed with the same ones.
 */
import { readFileSync } from 'node:fs';
import { vi } from 'vitest';
import type { Tensor } from '../../src/api/types.ts';
import { main } from '../../src/cli/main.ts';
import { forward } from '../../src/convert/forward.ts';
import { completeProfile } from '../../src/gpu/complete-profile.ts';
import { describeAdapter } from '../../src/gpu/device-profile.ts';
import type { Graph } from '../../src/graph/types.ts';
import { buildGraph } from '../../src/index.ts';
import { convCandidates, convCost } from '../../src/kernels/conv/select.ts';
import { variantName } from '../../src/kernels/conv/variant.ts';
import { coreOps } from '../../src/kernels/families.ts';
import type { ConvParams } from '../../src/kernels/lib/conv-params.ts';
import { type Dispatch, denseView } from '../../src/kernels/lib/kernel.ts';
import { packWeights } from '../../src/kernels/lib/pack.ts';
import { shaderText } from '../../src/kernels/lib/shaders.ts';
import type { Step } from '../../src/kernels/lib/step.ts';
import { fuseGraph } from '../../src/plan/fuse.ts';
import { makePlan } from '../../src/plan/plan.ts';
import type { Plan } from '../../src/plan/types.ts';
import { generate, type TensorRecipe } from './generator.ts';

export const LAYER = 'layer1.0.conv1';
const GPUS = ['amd', 'intel', 'nvidia', 'apple', 'mobile', 'software'];

/** The output number that the page follows. */
export const PIXEL = { y: 28, x: 28, channel: 1 };

export interface OneConvolution {
  plan: Plan;
  step: Step;
  packed: ArrayBuffer;
  /** The layer's input, and its values after the ReLU: [1, 64, 56, 56]. */
  input: Tensor;
  output: Tensor;
}

interface Case {
  seed: number;
  input: { shape: number[]; scale: number; offset: number };
  tensors: TensorRecipe[];
}

/** The layer on a GPU of the class amd. Its numbers are computed by a forward pass in plain JavaScript. */
export async function oneConvolution(): Promise<OneConvolution> {
  const graph = resnet50();
  const plan = await amdPlan(graph);
  const step = plan.steps.find(({ layer }) => layer === LAYER);
  const weights = plan.weights.find(({ layer }) => layer === LAYER);
  if (!step || !weights) throw new Error(`the plan has no ${LAYER}`);
  const { seed, input } = golden();
  const last = graph.nodes.findIndex(({ name }) => name === 'layer1.0.relu1');
  const shape = input.shape;
  const data = generate(
    'input',
    shape.reduce((a, b) => a * b, 1),
    seed,
    input.scale,
    input.offset,
  );
  const values = await forward({ ...graph, nodes: graph.nodes.slice(0, last + 1) }, read, { data, shape }, ['maxpool', 'layer1.0.relu1']);
  const value = (name: string) => {
    const tensor = values.get(name);
    if (!tensor) throw new Error(`the forward pass gave no ${name}`);
    return tensor;
  };
  return { plan, step, packed: await packWeights(weights.recipe, 'f32', read), input: value('maxpool'), output: value('layer1.0.relu1') };
}

/** The text for every mark. */
export async function sections(): Promise<Record<string, string>> {
  const graph = resnet50();
  const one = await oneConvolution();
  const shader = withoutComments(await shaderOf('amd'));
  return {
    key: await keys(),
    graph: await graphLines(),
    node: code('json', json(graph.nodes.find(({ name }) => name === LAYER))),
    fused: fused(graph),
    folded: await folded(),
    packed: packed(one),
    costs: await costs(),
    variants: await variants(),
    plan: await planLines(),
    bindings: bindings(one),
    shared: shared(one),
    loop: code('wgsl', loop()),
    inner: code('wgsl', excerpt(shader)),
    shader: code('wgsl', shader),
    run: code('ts', runLines()),
    numbers: numbers(one),
  };
}

function resnet50(): Graph {
  return buildGraph('resnet50', [1, 3, 224, 224]);
}

async function amdPlan(graph: Graph): Promise<Plan> {
  const profile = await completeProfile(describeAdapter({ vendor: 'amd' }), 'f32', { f16: false, quads: false });
  return makePlan(graph, { precision: 'f32', profile, outputs: ['head.fc'], maxBufferBytes: 2 ** 28 });
}

function golden(): Case {
  return JSON.parse(readFileSync(new URL('../goldens/full/tv_resnet50/case.json', import.meta.url), 'utf8'));
}

async function read(key: string): Promise<Float32Array> {
  const { seed, tensors } = golden();
  const [name, shape, scale, offset] = tensors.find(([name]) => name === key) ?? [];
  if (!name || !shape || scale === undefined || offset === undefined) throw new Error(`the file has no ${key}`);
  return generate(
    name,
    shape.reduce((a, b) => a * b, 1),
    seed,
    scale,
    offset,
  );
}

async function keys(): Promise<string> {
  const rows = golden().tensors.filter(([name]) => /^layer1\.0\.(conv|bn)1\./.test(name));
  const lines = await Promise.all(
    rows.map(
      async ([name, shape]) => `| \`${name}\` | ${shape.join('x')} | ${[...(await read(name)).slice(0, 4)].map(short).join(', ')}, … |`,
    ),
  );
  return ['| key | shape | numbers, for example |', '| --- | --- | --- |', ...lines].join('\n');
}

/** The layers as listed by `inspect`. */
async function graphLines(): Promise<string> {
  const lines = (await inspect('resnet50')).split('\n');
  const [head, from, to] = ['layer ', 'maxpool', 'layer1.0.conv2'].map((start) => lines.findIndex((line) => line.startsWith(start)));
  return code('text', [...lines.slice(head, (head ?? 0) + 2), ...lines.slice(from, to)].join('\n'));
}

/** The fused operation. Nodes are shown by name. */
function fused(graph: Graph): string {
  const op = fuseGraph(graph, new Set(['head.fc']), { takes: coreOps.takes }).find(({ node }) => node.name === LAYER);
  const { node, norm, epilogue, output, nodes } = op ?? {};
  return code('json', json({ node: node?.name, norm: norm?.name, epilogue, output, nodes }));
}

/** The batch norm's numbers for one channel, and their effect on a weight. */
async function folded(): Promise<string> {
  const { channel: c } = PIXEL;
  const part = async (key: string, at = c) => (await read(`layer1.0.${key}`))[at] ?? 0;
  const [weight, gamma, beta] = [await part('conv1.weight', c * 64), await part('bn1.weight'), await part('bn1.bias')];
  const [mean, variance] = [await part('bn1.running_mean'), await part('bn1.running_var')];
  const scale = gamma / Math.sqrt(variance + 1e-5);
  return code(
    'text',
    [
      `scale  = ${short(gamma)} / sqrt(${short(variance)} + 0.00001) = ${short(scale)}`,
      `weight = ${short(weight)} * scale = ${short(weight * scale)}      from input channel 0`,
      `bias   = ${short(beta)} - ${short(mean)} * scale = ${short(beta - mean * scale)}`,
    ].join('\n'),
  );
}

function packed({ packed }: OneConvolution): string {
  const floats = new Float32Array(packed);
  const line = (byte: number | string, what: string, numbers: readonly (string | number)[] = []) =>
    `${String(byte).padStart(5)}   ${what.padEnd(29)}${numbers.map((one) => String(one).padStart(12)).join('')}`.trimEnd();
  const row = (at: number) => [...floats.slice(at, at + 4)].map(short);
  const lines = [
    line('byte', 'what', ['channel 0', '1', '2', '3']),
    line(0, 'biases', row(0)),
    line(16, 'biases of output channels 4 to 7, and so on: 16 rows'),
    ...[0, 1, 2, 3].map((c) => line(256 + c * 16, `block (0, 0), input channel ${c}`, row(64 + c * 4))),
    line(320, 'block (0, 1): input channels 4 to 7, the same output channels; and so on: 16 blocks'),
    line(1280, 'block (1, 0): input channels 0 to 3, output channels 4 to 7; and so on: 16 rows of blocks'),
    line(packed.byteLength, 'end'),
  ];
  return code('text', lines.join('\n'));
}

async function variants(): Promise<string> {
  const rows: string[] = [];
  for (const gpu of GPUS) {
    const [, kernel, variant, workgroups] = /^\/\/ (\S+) (.+), f32, (\S+) workgroups/.exec(await shaderOf(gpu)) ?? [];
    if (!kernel || !variant) throw new Error(`${gpu} has no ${LAYER}`);
    rows.push(`| ${gpu} | \`${kernel}.wgsl\` | ${variant} | ${workgroups} |`);
  }
  return ['| class of GPU | shader | variant | workgroups |', '| --- | --- | --- | --- |', ...rows].join('\n');
}

function bindings({ plan, step }: OneConvolution): string {
  const names = ['input', 'weights', 'residual', 'output'];
  const rows = step.operands.map((operand, i) => {
    const access = step.dispatch.bindings[i];
    if (operand.kind !== 'tensor')
      return `| ${i + 1} | \`${names[i]}\`, ${access} | ${plan.weights[0] ? 'the packed block' : ''} | ${plan.weights.find(({ layer }) => layer === LAYER)?.byteLength} |`;
    const { storage, name } = plan.tensors[operand.tensor] ?? {};
    const place = `arena ${storage?.index}, from byte ${storage?.byteOffset}`;
    return `| ${i + 1} | \`${names[i]}\`, ${access} | ${names[i] === 'residual' ? 'there is none, so the input again' : `\`${name}\` in ${place}`} | ${storage?.byteLength} |`;
  });
  const index = plan.steps.indexOf(step);
  return [
    '| binding | name and access | what is bound | bytes |',
    '| ---: | --- | --- | ---: |',
    `| 0 | \`params\`, uniform | ${Object.keys(step.dispatch.uniforms).length + 1} numbers at byte ${index * 256}: dispatch ${index} of 256 bytes each | 256 |`,
    ...rows,
  ].join('\n');
}

/** Number of dispatches in the plan with the same shader text. */
function shared({ plan, step }: OneConvolution): string {
  const text = (dispatch: Dispatch) => `${dispatch.bindings.join()} ${shaderText(dispatch)}`;
  const texts = plan.steps.map(({ dispatch }) => text(dispatch));
  const same = texts.filter((one) => one === text(step.dispatch)).length;
  return `On this GPU, ${same} of the ${texts.length} dispatches of a ResNet-50 run this very text. All of them together need ${new Set(texts).size} pipelines.`;
}

/** The estimates of the device's model for every form that could compute the layer. */
async function costs(): Promise<string> {
  const node = resnet50().nodes.find(({ name }) => name === LAYER);
  if (node?.op !== 'conv2d') throw new Error(`${LAYER} is not a convolution`);
  const view = denseView(1, 64, 56, 56);
  const params: ConvParams = {
    layer: LAYER,
    attributes: node.attributes,
    inChannels: 64,
    input: view,
    output: view,
    epilogue: { activation: 'relu', residual: undefined },
  };
  const profile = await completeProfile(describeAdapter({ vendor: 'amd' }), 'f32', { f16: false, quads: false });
  const rows = convCandidates(params, profile)
    .map((variant) => ({ name: variantName(variant), us: convCost(params, variant, profile) }))
    .sort((a, b) => a.us - b.us)
    .map(({ name, us }) => `| ${name} | ${us.toFixed(2)} µs |`);
  return ['| variant | estimate |', '| --- | ---: |', ...rows].join('\n');
}

/** The start of the table, the rows around the layer, and the end. */
async function planLines(): Promise<string> {
  const lines = (await inspect('resnet50', '--plan', '--gpu', 'amd')).split('\n');
  const head = lines.findIndex((line) => line.startsWith(' #'));
  const last = lines.findIndex((line) => line.includes('layer1.0.conv2'));
  const end = lines.findIndex((line) => /^\d+ dispatches/.test(line));
  return code('text', [...lines.slice(head, last), '…', ...lines.slice(end, end + 1)].join('\n'));
}

function shaderOf(gpu: string): Promise<string> {
  return inspect('resnet50', '--shader', LAYER, '--gpu', gpu);
}

/** The output of `npx resnet-webgpu inspect`. */
async function inspect(...args: string[]): Promise<string> {
  const write = vi.spyOn(process.stdout, 'write').mockImplementation(() => true);
  try {
    const exit = await main(['inspect', ...args]);
    const text = write.mock.calls.join('');
    if (exit !== 0) throw new Error(`inspect ${args.join(' ')} ended with ${exit}: ${text}`);
    return text.trimEnd();
  } finally {
    write.mockRestore();
  }
}

function withoutComments(shader: string): string {
  const lines = shader.split('\n').map((line) => (/^\/\/ (conv|binding) /.test(line) ? line : line.replace(/ *\/\/.*/, '')));
  return lines.filter((line) => line.trim() !== '').join('\n');
}

/** The loop over input channels in the source. */
function loop(): string {
  return fromTo(readFileSync(new URL('../../shaders/conv/conv.wgsl', import.meta.url), 'utf8').split('\n'), 'c += STEP', (line) =>
    line.startsWith('      }'),
  );
}

/** The same in the text for the GPU, without braces: the loads, and the products of the first 4 input channels. */
function excerpt(shader: string): string {
  const lines = shader.split('\n').filter((line) => !/^[{}\s]*$/.test(line));
  const [head = '', ...body] = fromTo(lines, 'c += STEP', (line) => line.includes('sum[0u * GROUPS + 3u]')).split('\n');
  return [head, ...body.map((line) => `  ${line.trim()}`), '  …'].join('\n');
}

/** The code that the test runs on a device. */
function runLines(): string {
  const test = readFileSync(new URL('../gpu/one-convolution.test.ts', import.meta.url), 'utf8').split('\n');
  return fromTo(test, 'async function runDispatch', (line) => line === '}');
}

/** From the line with `start` to the next line that equals `end`, without their common indentation. */
function fromTo(lines: string[], start: string, isLast: (line: string) => boolean): string {
  const from = lines.findIndex((line) => line.includes(start));
  const to = lines.findIndex((line, i) => i > from && isLast(line));
  if (from < 0 || to < 0) throw new Error(`no ${start}`);
  const margin = /^ */.exec(lines[from] ?? '')?.[0].length ?? 0;
  return lines
    .slice(from, to + 1)
    .map((line) => line.slice(margin))
    .join('\n');
}

/** One output number, computed by hand. */
function numbers({ packed, input, output }: OneConvolution): string {
  const { y, x, channel } = PIXEL;
  const floats = new Float32Array(packed);
  const pixel = y * 56 + x;
  const rows: string[] = [];
  let sum = 0;
  for (let i = 0; i < 64; i++) {
    const value = input.data[i * 3136 + pixel] ?? 0;
    // In the first row of blocks. Output channel 1 is the second number of each column.
    const weight = floats[64 + i * 4 + channel] ?? 0;
    sum += weight * value;
    if (i < 3 || i === 63) rows.push(`| ${i} | ${short(value)} | ${short(weight)} | ${short(sum)} |`);
    if (i === 3) rows.push('| … | | | |');
  }
  const bias = floats[channel] ?? 0;
  const expected = output.data[channel * 3136 + pixel] ?? 0;
  const result = Math.max(0, sum + bias);
  if (Math.abs(result - expected) > 1e-5) throw new Error(`${result} by hand, ${expected} by the forward pass`);
  rows.push(`| bias | | ${short(bias)} | ${short(sum + bias)} |`, `| ReLU | | | **${short(result)}** |`);
  return ['| input channel | input | weight | sum so far |', '| ---: | ---: | ---: | ---: |', ...rows].join('\n');
}

function code(language: string, text: string): string {
  return `\`\`\`${language}\n${text}\n\`\`\``;
}

/** JSON with short values on one line. */
function json(value: unknown, indent = ''): string {
  const flat = (JSON.stringify(value) ?? 'null').replace(/":/g, '": ').replace(/,(?=["{[\d])/g, ', ');
  if (typeof value !== 'object' || value === null || indent.length + flat.length < 110) return flat;
  const inner = `${indent}  `;
  const items = Array.isArray(value)
    ? value.map((item) => json(item, inner))
    : Object.entries(value)
        .filter(([, item]) => item !== undefined)
        .map(([key, item]) => `"${key}": ${json(item, inner)}`);
  const [open, close] = Array.isArray(value) ? '[]' : '{}';
  return `${open}\n${items.map((item) => inner + item).join(',\n')}\n${indent}${close}`;
}

function short(value: number): string {
  return value.toPrecision(6);
}
