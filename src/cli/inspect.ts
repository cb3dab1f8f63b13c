/** `resnet-webgpu inspect`: what a checkpoint holds, how it binds, and the layers of an architecture. Needs no GPU. */
import { existsSync } from 'node:fs';
import { type ResolvedArch, resolveArch } from '../arch/index.ts';
import { bindCheckpoint } from '../checkpoint/bind.ts';
import { guessArch } from '../checkpoint/guess.ts';
import { readSource } from '../checkpoint/read.ts';
import type { Checkpoint } from '../checkpoint/types.ts';
import { ResnetError } from '../errors.ts';
import type { Graph } from '../graph/types.ts';
import type { InspectArguments } from './arguments.ts';
import { withFile } from './files.ts';

/** Prints the report and gives the exit code. */
export async function inspect(settings: InspectArguments): Promise<number> {
  const { target } = settings;
  if (existsSync(target)) return inspectCheckpoint(settings);
  if (/[\\/]|\.(safetensors|pth|pt|th|bin|ckpt)$/.test(target)) {
    throw new ResnetError('usage', 'There is no such file.', { layer: target, hint: 'Pass a checkpoint, or the name of an architecture.' });
  }
  const arch = await resolveArch(settings.arch ?? target);
  const graph = build(arch, settings);
  print(settings, { arch: arch.name, ...graphFacts(graph) }, [`${arch.name}, input ${inputOf(graph)}`, '', graph.toString()]);
  return 0;
}

function inspectCheckpoint(settings: InspectArguments): Promise<number> {
  return withFile(settings.target, async (source) => {
    const checkpoint = await readSource(source);
    const arch = await resolveArch(settings.arch ?? guessArch(checkpoint).arch, { keys: checkpoint.tensors });
    const graph = build(arch, settings);
    const { ignoredKeys } = await bindCheckpoint(graph, checkpoint, { arch: arch.name });
    const facts = { file: settings.target, ...checkpointFacts(checkpoint), arch: arch.name, ignoredKeys, ...graphFacts(graph) };
    const count = checkpoint.tensors.size;
    const numbers = [...checkpoint.tensors.values()].reduce((sum, { shape }) => sum + shape.reduce((a, b) => a * b, 1), 0);
    const dtypes = [...new Set([...checkpoint.tensors.values()].map(({ dtype }) => dtype))].sort().join(', ');
    print(settings, facts, [
      source.name,
      `  format        ${checkpoint.format}, names as ${checkpoint.scheme} has them`,
      `  tensors       ${count} of ${dtypes}, ${numbers.toLocaleString('en')} numbers`,
      ...Object.entries(facts.metadata).map(([key, value]) => `  ${key.padEnd(13)} ${JSON.stringify(value)}`),
      `  architecture  ${arch.name}${settings.arch === undefined ? ', guessed from the file' : ''}`,
      `  binding       every tensor that the network needs is there and fits${ignoredKeys.length === 0 ? '' : `; not used: ${ignoredKeys.join(', ')}`}`,
      '',
      graph.toString(),
    ]);
    return 0;
  });
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
  process.stdout.write(json ? `${JSON.stringify(facts, undefined, 2)}\n` : `${lines.join('\n')}\n`);
}
