/**
 * Checks every layer on this GPU against a plain JavaScript computation on the layer's own inputs. So an error is found in the
 * layer where it starts.
 */

import type { ModelInfo, SelfTestReport, Tensor } from '../api/types.ts';
import type { GoldenRecord } from '../checkpoint/manifest.ts';
import type { Engine } from '../gpu/device.ts';
import type { Executable } from '../gpu/executable.ts';
import { arrayInput } from '../gpu/input-writer.ts';
import { readOnce } from '../gpu/read-once.ts';
import type { Graph, GraphNode } from '../graph/types.ts';
import type { Precision } from '../kernels/lib/kernel.ts';
import type { ReadTensor } from '../kernels/lib/pack.ts';
import type { Step } from '../kernels/lib/step.ts';
import type { Session } from '../model/session.ts';
import { ResnetError } from '../util/errors.ts';
import { compute } from './compute.ts';
import { checkGolden, type GoldenCheck } from './golden-check.ts';
import { inspectRun } from './inspect-run.ts';
import { fromView, relativeError } from './read-values.ts';
import { seededInput } from './seeded.ts';

/** Relative L2 error of one layer. In f16 models weights and output are rounded to 11 bits. With f16 arithmetic, sums are, too. */
const TOLERANCE: Record<Precision, number> = { f32: 2e-5, f16: 2e-3 };

/** With larger inputs the same kernels would be tested for minutes. */
const MAX_SIZE = 64;

/** @param golden of a converted model, which is additionally checked as a whole */
export async function selfTest(session: Session, info: ModelInfo, golden?: GoldenRecord): Promise<SelfTestReport> {
  const [, c = 3, h = MAX_SIZE, w = MAX_SIZE] = session.shape;
  const shape = [1, c, Math.min(h, MAX_SIZE), Math.min(w, MAX_SIZE)];
  const graph = session.graph(shape);
  const outputs = [...new Set(graph.outputs.map(({ node }) => node))];
  const read = await session.reopenTensors();
  const data = seededInput(shape);
  const layers = await inspectRun(session, shape, outputs, async (executable, engine) => {
    await executable.run(arrayInput(data), executable.allOutputs);
    return checkSteps(engine, executable, graph, read);
  });
  const tolerance = TOLERANCE[session.precision];
  const whole = golden && (await checkGolden(session, golden));
  const bad = layers.find(({ rel }) => !(rel <= tolerance))?.name ?? (whole?.pass === false ? 'golden record' : undefined);
  const report = formatReport(info, shape, layers, tolerance, session.engine.device, whole);
  return { pass: bad === undefined, layers, firstBad: bad, report };
}

async function checkSteps(engine: Engine, executable: Executable, graph: Graph, read: ReadTensor): Promise<SelfTestReport['layers']> {
  const nodes = new Map(graph.nodes.map((node) => [node.name, node]));
  const values = new Map<string, Tensor>();
  const layers: SelfTestReport['layers'] = [];
  const { plan } = executable;
  const last = new Map<string, Step>();
  for (const step of plan.steps) if (step.nodes.length > 0) last.set(step.nodes.at(-1) ?? '', step);
  /** A value as computed on the GPU. Values without a step (slices, reshaped tensors) are derived from those. */
  const value = async (name: string): Promise<Tensor> => {
    const known = values.get(name);
    if (known) return known;
    const node = nodes.get(name);
    if (!node) throw new ResnetError('usage', 'no such layer.', { layer: name, hint: 'This is a bug; please report it.' });
    const tensor = await readTensor(engine, executable, node);
    const result = tensor ?? compute(node, await Promise.all(node.inputs.map(value)), await weightsOf(node, read));
    values.set(name, result);
    return result;
  };
  for (const step of last.values()) {
    const expected = await computeChain(
      step.nodes.flatMap((name) => nodes.get(name) ?? []),
      value,
      read,
    );
    const actual = await value(step.nodes.at(-1) ?? '');
    layers.push({
      name: step.layer,
      kernel: `${step.dispatch.kernel}/${step.dispatch.variant}`,
      rel: relativeError(actual.data, expected.data),
    });
  }
  return layers;
}

/** Computes the nodes of one step in order. Values from outside the step come from the GPU. */
async function computeChain(chain: GraphNode[], value: (name: string) => Promise<Tensor>, read: ReadTensor): Promise<Tensor> {
  let current: { name: string; tensor: Tensor } | undefined;
  for (const node of chain) {
    const inputs = await Promise.all(node.inputs.map((name) => (name === current?.name ? current.tensor : value(name))));
    current = { name: node.name, tensor: compute(node, inputs, await weightsOf(node, read)) };
  }
  return current?.tensor ?? { data: new Float32Array(), shape: [] };
}

async function weightsOf(node: GraphNode, read: ReadTensor): Promise<Record<string, Float32Array>> {
  const entries = await Promise.all(Object.entries(node.weights).map(async ([role, spec]) => [role, await read(spec.key)] as const));
  return Object.fromEntries(entries);
}

async function readTensor(engine: Engine, executable: Executable, node: GraphNode): Promise<Tensor | undefined> {
  const { plan } = executable;
  // A copied part of a concat has the concat's name, too.
  const tensor = plan.tensors.findLastIndex(({ name, shape }) => name === node.name && shape.join() === node.shape.join());
  const planned = plan.tensors[tensor];
  if (!planned) return undefined;
  const { buffer, byteOffset, byteLength } = executable.tensorRange(tensor);
  const bytes = await readOnce(engine, byteLength, (encoder, staging) =>
    encoder.copyBufferToBuffer(buffer, byteOffset, staging, 0, byteLength),
  );
  const shape = [...node.shape];
  const size = shape.reduce((a, b) => a * b, 1);
  if (!planned.view) return { data: new Float32Array(bytes, 0, size), shape };
  return { data: fromView(bytes, planned.view, plan.precision), shape };
}

function formatReport(
  info: ModelInfo,
  shape: readonly number[],
  layers: SelfTestReport['layers'],
  tolerance: number,
  device: GPUDevice,
  golden: GoldenCheck | undefined,
): string {
  const { adapter, arch, precision } = info;
  const bad = layers.filter(({ rel }) => !(rel <= tolerance));
  const agent = typeof navigator === 'undefined' ? '' : navigator.userAgent;
  const limits = ['maxBufferSize', 'maxStorageBufferBindingSize', 'maxComputeWorkgroupStorageSize'] as const;
  const rows = (bad.length > 0 ? bad : [...layers].sort((a, b) => b.rel - a.rel).slice(0, 5)).map(
    ({ name, kernel, rel }) => `| ${name} | ${kernel} | ${rel.toExponential(1)} |`,
  );
  return [
    `## resnet-webgpu self test: ${bad.length === 0 && golden?.pass !== false ? 'pass' : 'FAIL'}`,
    '',
    `- network: ${arch}, ${precision}, input ${shape.join('x')}`,
    `- adapter: ${[adapter.vendor, adapter.architecture, adapter.description].filter(Boolean).join(' ') || 'not told'}${adapter.software ? ' (software)' : ''}`,
    `- browser: ${agent}`,
    `- features: ${[...device.features].sort().join(', ')}`,
    `- limits: ${limits.map((limit) => `${limit} ${device.limits[limit]}`).join(', ')}`,
    `- layers: ${layers.length}, of which ${bad.length} above ${tolerance} relative L2 error`,
    ...(golden ? [golden.line] : []),
    '',
    `| ${bad.length > 0 ? 'failing' : 'least exact'} layer | kernel | error |`,
    '|---|---|---|',
    ...rows,
  ].join('\n');
}
