/** `resnet-webgpu export`: a checkpoint as a model for another runtime. Needs no GPU, and none of these runtimes. */
import { existsSync } from 'node:fs';
import { mkdir, rename, stat, writeFile } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import type { Checkpoint } from '../checkpoint/types.ts';
import { type Network, type NetworkOptions, readNetwork } from '../convert/checkpoint-network.ts';
import { inputShape } from '../convert/golden-record.ts';
import { type TfjsGraphArtifacts, toOnnx, toTfjsGraph, toTflite } from '../export/index.ts';
import { ResnetError } from '../util/errors.ts';
import { printable, printableName } from '../util/show.ts';
import type { ExportArguments, ExportFormat } from './command-line.ts';
import { checkFolder } from './model-folder.ts';
import { isAddress, preprocessText, progressBar, readArch, withCheckpoint } from './named-checkpoint.ts';
import { assumptionLines, reporter } from './report.ts';

/** The size that TF.js' own converter uses, so that browsers cache them. */
const SHARD_BYTES = 4 * 2 ** 20;

const NAMES: Record<ExportFormat, string> = { onnx: 'ONNX, opset 13', tflite: 'TensorFlow Lite', tfjs: 'TF.js graph model' };

interface Written {
  network: Network;
  files: string[];
  bytes: number;
}

/** Prints what was done and returns the exit code. */
export async function exportCheckpoint(settings: ExportArguments): Promise<number> {
  const { to, out, outputs } = settings;
  // Checked before spending minutes.
  await (to === 'tfjs' ? checkFolder(out, settings.force) : checkFile(out, settings.force));
  const arch = await readArch(settings.arch);
  const report = reporter(process.stderr);
  const own: NetworkOptions = { ...(arch && { arch }), ...(settings.input && { inputSize: settings.input }) };
  const written = await withCheckpoint(settings, report, async (checkpoint: Checkpoint, known): Promise<Written> => {
    const network = await readNetwork(checkpoint, { ...known, ...own });
    report(progressBar('Writing', undefined));
    const { graph, bound } = network;
    if (to === 'tfjs') return { network, ...(await writeTfjs(out, await toTfjsGraph(graph, bound, { outputs }))) };
    const bytes = await (to === 'onnx' ? toOnnx : toTflite)(graph, bound, { outputs });
    await writeAtOnce(out, bytes);
    return { network, files: [out], bytes: bytes.length };
  });
  report('');
  const text = settings.json
    ? JSON.stringify(facts(written, settings), undefined, 2)
    : lines(written, settings).map(printableName).join('\n');
  process.stdout.write(`${printable(text)}\n`);
  return 0;
}

async function checkFile(path: string, force: boolean): Promise<void> {
  const found = await stat(path).catch(() => undefined);
  if (!found || (force && found.isFile())) return;
  throw new ResnetError('usage', found.isFile() ? 'This file already exists.' : 'This is a folder.', {
    layer: path,
    hint: found.isFile() ? 'Name another with --out, or add --force to replace it.' : 'Name a file with --out.',
  });
}

/** First under another name, so that nobody reads an incomplete model. */
async function writeAtOnce(path: string, bytes: Uint8Array): Promise<void> {
  await mkdir(dirname(path), { recursive: true });
  await writeFile(`${path}.part`, bytes);
  await rename(`${path}.part`, path);
}

async function writeTfjs(folder: string, artifacts: TfjsGraphArtifacts): Promise<{ files: string[]; bytes: number }> {
  const { weightData, weightSpecs, ...model } = artifacts;
  const data = new Uint8Array(weightData);
  const count = Math.max(1, Math.ceil(data.length / SHARD_BYTES));
  const paths = Array.from({ length: count }, (_, i) => `group1-shard${i + 1}of${count}.bin`);
  for (const [i, path] of paths.entries()) await writeAtOnce(join(folder, path), data.subarray(i * SHARD_BYTES, (i + 1) * SHARD_BYTES));
  const json = new TextEncoder().encode(JSON.stringify({ ...model, weightsManifest: [{ paths, weights: weightSpecs }] }));
  await writeAtOnce(join(folder, 'model.json'), json);
  return { files: ['model.json', ...paths].map((path) => join(folder, path)), bytes: json.length + data.length };
}

function inputOf({ graph }: Network, to: ExportFormat): (number | string)[] {
  const [n = 1, c = 3, h = 0, w = 0] = inputShape(graph);
  return to === 'onnx' ? ['batch', c, h, w] : [to === 'tfjs' ? 'batch' : n, h, w, c];
}

function facts({ network, files, bytes }: Written, { checkpoint, to }: ExportArguments) {
  const { arch, archSpec, preprocess, labels, ignoredKeys, source, assumed, graph } = network;
  const input = inputOf(network, to);
  return {
    checkpoint,
    to,
    files,
    bytes,
    arch: archSpec,
    name: arch.name,
    parameters: graph.parameters,
    input,
    preprocess,
    labels,
    ignoredKeys,
    source,
    assumed,
  };
}

function lines({ network, files, bytes }: Written, { checkpoint, arch, to, out, verbose }: ExportArguments): string[] {
  const { preprocess, labels, ignoredKeys, assumed, graph } = network;
  const isGuessed = arch === undefined && !checkpoint.startsWith('hf:') && existsSync(checkpoint);
  return [
    isAddress(checkpoint) ? checkpoint : basename(checkpoint),
    `  architecture   ${network.arch.name}${isGuessed ? ', as the file tells it' : ''}`,
    `  parameters     ${graph.parameters.toLocaleString('en')}`,
    `  written as     ${NAMES[to]}; ${(bytes / 2 ** 20).toFixed(2)} MiB in ${files.length} ${files.length === 1 ? 'file' : 'files'}`,
    `  input          “input”, float32 [${inputOf(network, to).join(', ')}], normalised: the model holds no preprocessing`,
    `  preprocessing  ${preprocessText(preprocess)}; minus ${shown(preprocess.mean)}, over ${shown(preprocess.std)}`,
    ...(labels ? [`  classes        ${labels.length}: ${labels.slice(0, 3).join(', ')}${labels.length > 3 ? ', …' : ''}`] : []),
    ...(ignoredKeys.length ? [`  not used       ${ignoredKeys.join(', ')}`] : []),
    ...assumptionLines(assumed, '  assumed        ', verbose),
    '',
    `${to === 'tfjs' ? join(out, 'model.json') : out} is there.`,
  ];
}

function shown(values: readonly number[]): string {
  return `(${values.join(', ')})`;
}
