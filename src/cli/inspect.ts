/** `resnet-webgpu inspect`: the contents of a checkpoint, how it binds, and the layers of an architecture. Needs no GPU. */

import { existsSync } from 'node:fs';
import { basename } from 'node:path';
import { type Arch, type ResolvedArch, resolveArch } from '../arch/index.ts';
import { bindCheckpoint } from '../checkpoint/bind.ts';
import { readSource } from '../checkpoint/read.ts';
import type { Checkpoint } from '../checkpoint/types.ts';
import { understand } from '../checkpoint/understand.ts';
import type { Graph } from '../graph/types.ts';
import { ResnetError } from '../util/errors.ts';
import { printable, printableName } from '../util/show.ts';
import type { InspectArguments } from './command-line.ts';
import { withFile } from './files.ts';
import * as lazy from './lazy.ts';
import { CHECKPOINT_NAME, fileAt, manifestOf, readModel } from './model-folder.ts';
import { assumptionLines } from './report.ts';

/** Prints the report and returns the exit code. */
export async function inspect(settings: InspectArguments): Promise<number> {
  const { target } = settings;
  const manifest = manifestOf(target);
  if (manifest) {
    const { card, checkpoint, shards } = await readModel(manifest);
    const known = { arch: settings.arch ?? card?.arch, numClasses: card?.numClasses };
    return inspectCheckpoint(
      settings,
      checkpoint,
      known,
      card && [`  integrity     ${shards === 1 ? 'the shard is' : `${shards} shards are`} what the manifest says`],
    );
  }
  if (existsSync(target)) {
    return withFile(fileAt(target), async (source) => inspectCheckpoint(settings, await readSource(source), { arch: settings.arch }));
  }
  if (/[\\/]/.test(target) || CHECKPOINT_NAME.test(target)) {
    throw new ResnetError('usage', 'There is no such file.', { layer: target, hint: 'Pass a checkpoint, or the name of an architecture.' });
  }
  const arch = await resolveArch(settings.arch ?? target);
  const graph = build(arch, settings);
  const { facts, lines } = await layersOf(graph, settings);
  print(settings, { arch: arch.name, ...facts }, settings.shader ? lines : [`${arch.name}, input ${inputOf(graph)}`, '', ...lines]);
  return 0;
}

async function inspectCheckpoint(
  settings: InspectArguments,
  checkpoint: Checkpoint,
  known: { arch?: Arch; numClasses?: number },
  more: readonly string[] = [],
): Promise<number> {
  const file = { file: settings.target, ...checkpointFacts(checkpoint) };
  const head = [basename(settings.target), ...fileLines(checkpoint, file.metadata), ...more];
  let network: { facts: object; lines: string[]; layers: string[] };
  try {
    network = await networkOf(settings, checkpoint, known);
  } catch (error) {
    if (!(error instanceof ResnetError)) throw error;
    // Whatever the error, the file's contents can still be listed.
    const { code, message, candidates } = error;
    print(settings, { ...file, error: { code, message, candidates } }, [...head, '', ...tensorLines(checkpoint)]);
    throw error;
  }
  print(settings, { ...file, ...network.facts }, settings.shader ? network.layers : [...head, ...network.lines, '', ...network.layers]);
  return 0;
}

/** The checkpoint's network, how it was read, and its layers. @throws ResnetError if it is not understood */
async function networkOf(settings: InspectArguments, file: Checkpoint, known: { arch?: Arch; numClasses?: number }) {
  const { arch, view, assumed, source } = await understand(file, known);
  const graph = build(arch, settings);
  const { ignoredKeys } = await bindCheckpoint(graph, view?.(file) ?? file, { arch: arch.name });
  const ignored = [...new Set([...source.ignored, ...ignoredKeys])];
  const lines = [
    `  architecture  ${arch.name}${known.arch === undefined ? ', guessed from the file' : ''}`,
    ...(source.found ? [`  found under   ${source.found}`] : []),
    ...(source.others.length ? [`  also there    ${source.others.join(', ')}`] : []),
    ...(source.head ? [`  head          ${source.head}`] : []),
    `  binding       every tensor that the network needs is there and fits${ignored.length === 0 ? '' : `; not used: ${ignored.join(', ')}`}`,
    ...assumptionLines([...assumed, ...arch.assumed], '  assumed       ', settings.verbose),
  ];
  const layers = await layersOf(graph, settings);
  return {
    facts: { arch: arch.name, ignoredKeys: ignored, source, assumed: [...assumed, ...arch.assumed], ...layers.facts },
    lines,
    layers: layers.lines,
  };
}

/** The layers as a table. As dispatches or shaders if asked for. */
async function layersOf(
  graph: Graph,
  { plan: asPlan, shader, gpu, precision }: InspectArguments,
): Promise<{ facts: object; lines: string[] }> {
  if (!asPlan && shader === undefined) return { facts: graphFacts(graph), lines: graph.toString().split('\n') };
  const [{ planFor, planFacts, planTitle, shaderLines }, { formatPlan }] = await lazy.planInspection();
  const { plan, profile } = await planFor(graph, gpu, precision);
  if (shader !== undefined) {
    const lines = shaderLines(plan, shader);
    return { facts: { shader: lines.join('\n') }, lines };
  }
  return { facts: { plan: planFacts(plan) }, lines: [planTitle(profile, gpu), '', ...formatPlan(plan).split('\n')] };
}

function fileLines({ format, scheme, tensors }: Checkpoint, metadata: object): string[] {
  const numbers = [...tensors.values()].reduce((sum, { shape }) => sum + shape.reduce((a, b) => a * b, 1), 0);
  const dtypes = [...new Set([...tensors.values()].map(({ dtype }) => dtype))].sort().join(', ');
  return [
    `  format        ${format}, names as ${scheme} has them`,
    `  tensors       ${tensors.size} of ${dtypes}, ${numbers.toLocaleString('en')} numbers`,
    ...Object.entries(metadata).map(([key, value]) => `  ${key.padEnd(13)} ${JSON.stringify(value)}`),
  ];
}

function tensorLines({ tensors }: Checkpoint): string[] {
  return [...tensors].map(([key, { dtype, shape }]) => `  ${key}  ${shape.join('x') || 'scalar'}  ${dtype}`);
}

function build(arch: ResolvedArch, { input }: InspectArguments): Graph {
  return arch.build([1, arch.inputChannels, ...(input ?? arch.inputSize)]);
}

function inputOf(graph: Graph): string {
  return graph.nodes.find(({ op }) => op === 'input')?.shape.join('x') ?? '';
}

function checkpointFacts({ format, scheme, metadata, tensors }: Checkpoint) {
  const plain = Object.fromEntries(Object.entries(metadata).filter(([, value]) => ['string', 'number', 'boolean'].includes(typeof value)));
  return { format, scheme, metadata: plain, tensors: [...tensors].map(([key, { dtype, shape }]) => ({ key, dtype, shape })) };
}

function graphFacts({ nodes, parameters, macs }: Graph) {
  return {
    parameters,
    macs,
    layers: nodes.map(({ name, op, shape, parameters: own, macs: cost }) => ({ name, op, shape, parameters: own, macs: cost })),
  };
}

function print({ json }: InspectArguments, facts: object, lines: readonly string[]): void {
  const text = json ? printable(JSON.stringify(facts, undefined, 2)) : lines.map(printableName).join('\n');
  process.stdout.write(`${text}\n`);
}
