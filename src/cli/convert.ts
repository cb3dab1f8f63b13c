/** `resnet-webgpu convert`: a checkpoint into a folder that loadModel loads by its address. Needs no GPU. */
import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import type { Preprocess } from '../api/types.ts';
import type { Arch } from '../arch/index.ts';
import { isManifestAddress } from '../checkpoint/address.ts';
import { describeWeights } from '../checkpoint/describe.ts';
import { openWeights } from '../checkpoint/open.ts';
import { readSource } from '../checkpoint/read.ts';
import type { Checkpoint } from '../checkpoint/types.ts';
import { type ConvertedModel, type ConvertOptions, convert } from '../convert/convert.ts';
import { ResnetError } from '../util/errors.ts';
import { printable, printableName } from '../util/show.ts';
import type { ConvertArguments } from './arguments.ts';
import { fileTrouble, readLabels, withFile } from './files.ts';
import type { Report } from './job.ts';
import { checkFolder, writeModel } from './model-folder.ts';
import { packageRoot } from './package-root.ts';
import { assumptionText, reporter } from './report.ts';
import { bar, styleFor } from './table.ts';

/** Prints what was done and gives the exit code. */
export async function convertCheckpoint(settings: ConvertArguments): Promise<number> {
  // Before minutes are spent.
  await checkFolder(settings.out, settings.force);
  const arch = settings.arch === undefined ? undefined : await readArch(settings.arch);
  const labels = settings.labels === undefined ? undefined : await readLabels(settings.labels);
  const report = reporter(process.stderr);
  const own = {
    dtype: settings.dtype,
    generatedBy: `resnet-webgpu ${packageRoot().version}`,
    ...(arch && { arch }),
    ...(labels && { labels }),
  };
  const run = (checkpoint: Checkpoint, known: ConvertOptions = {}) =>
    convert(checkpoint, {
      ...known,
      ...own,
      onProgress: ({ phase, loaded, total }) =>
        report(progressBar(phase === 'fold' ? 'Folding batch norm' : 'Checking the result', loaded / total)),
    });
  const converted = await (isAddress(settings.checkpoint) ? fromAddress(settings, run, report) : fromFile(settings.checkpoint, run));
  report(progressBar('Writing', 1));
  await writeModel(settings.out, converted);
  report('');
  process.stdout.write(
    `${settings.json ? printable(JSON.stringify(facts(converted, settings), undefined, 2)) : lines(converted, settings).map(printableName).join('\n')}\n`,
  );
  return 0;
}

function isAddress(checkpoint: string): boolean {
  return /^(https?:\/\/|hf:)/.test(checkpoint);
}

type Run = (checkpoint: Checkpoint, known?: ConvertOptions) => Promise<ConvertedModel>;

async function fromFile(path: string, run: Run): Promise<ConvertedModel> {
  try {
    return await withFile(path, async (source) => run(await readSource(source)));
  } catch (error) {
    if (error instanceof ResnetError || !(error instanceof Error) || !('code' in error)) throw error;
    throw new ResnetError('usage', fileTrouble(error), {
      layer: path,
      hint: 'Pass a checkpoint, https://… or hf:owner/repository.',
      cause: error,
    });
  }
}

/** Repositories and converted models say themselves what they hold, unless the command line does. */
async function fromAddress({ checkpoint: address, arch }: ConvertArguments, run: Run, report: Report): Promise<ConvertedModel> {
  const onProgress = (loaded: number, total?: number) => report(progressBar('Downloading', total ? loaded / total : undefined));
  if (arch !== undefined || !(address.startsWith('hf:') || isManifestAddress(address)))
    return run((await openWeights(address, { onProgress })).checkpoint);
  const { card, open } = await describeWeights(address, { onProgress });
  const { golden: _, ...known } = card;
  return run((await open()).checkpoint, known);
}

function progressBar(what: string, share: number | undefined): string {
  const { unicode } = styleFor(process.stderr);
  if (share === undefined) return `${what} …`;
  return `${what.padEnd(20)} ${bar(share, 24, unicode).padEnd(24)} ${Math.floor(share * 100)} %`;
}

/** A name, JSON, or a file of JSON. */
async function readArch(text: string): Promise<Arch> {
  const isFile = /\.json$/i.test(text) && existsSync(text);
  if (!isFile && !text.trimStart().startsWith('{')) return text;
  try {
    return JSON.parse(isFile ? await readFile(text, 'utf8') : text);
  } catch (cause) {
    const hint = `Write a name such as resnet50, or JSON such as '{"type":"ResNet","depth":50}'.`;
    throw new ResnetError('usage', `The configuration is no JSON: ${cause instanceof Error ? cause.message : String(cause)}.`, {
      layer: '--arch',
      hint,
      cause,
    });
  }
}

function facts({ manifest, report }: ConvertedModel, { checkpoint, out }: ConvertArguments) {
  const { arch, numClasses, inputSize, preprocess, labels, dtype, shards } = manifest;
  return {
    checkpoint,
    manifest: join(out, 'manifest.json'),
    ...report,
    arch,
    name: report.arch,
    dtype,
    numClasses,
    inputSize,
    preprocess,
    labels,
    shards,
  };
}

const STORED = { f32: 'float32', f16: 'float16', int8: 'int8, one scale for each output channel' };

function lines({ manifest, report }: ConvertedModel, { checkpoint, arch, out }: ConvertArguments): string[] {
  const { dtype, labels, numClasses, shards } = manifest;
  const whole = report.parameters * 4;
  const { error, norms, keptFloat32, ignoredKeys } = report;
  const shown = labels && `${labels.slice(0, 3).join(', ')}${labels.length > 3 ? ', …' : ''}`;
  return [
    isAddress(checkpoint) ? checkpoint : basename(checkpoint),
    `  architecture   ${report.arch}${arch === undefined && !checkpoint.startsWith('hf:') ? ', guessed from the file' : ''}`,
    `  parameters     ${report.parameters.toLocaleString('en')}; ${norms.folded} batch norms folded${norms.kept ? `, ${norms.kept} kept` : ''}`,
    `  stored as      ${STORED[dtype]}${keptFloat32.length ? `; beyond float16 and so float32: ${keptFloat32.join(', ')}` : ''}`,
    `  size           ${mebibytes(report.bytes)} in ${shards.length} ${shards.length === 1 ? 'shard' : 'shards'}, ${Math.round((100 * report.bytes) / whole)} % of float32`,
    ...(error
      ? [
          `  cost           logits change by ${(100 * error.relative).toPrecision(2)} % (L2) on a seeded input; the best class ${error.sameTop1 ? 'stays' : 'changes'}`,
        ]
      : []),
    `  classes        ${numClasses ?? 'none'}${shown ? `: ${shown}` : numClasses ? ', without labels' : ''}`,
    `  preprocessing  ${preprocessText(manifest.preprocess)}`,
    ...(ignoredKeys.length ? [`  not used       ${ignoredKeys.join(', ')}`] : []),
    ...report.assumed.map((one) => `  assumed        ${assumptionText(one)}`),
    '',
    `${join(out, 'manifest.json')} is there. Serve the folder and load it: loadModel('https://…/${basename(out)}')`,
  ];
}

function preprocessText({ resize, crop, order }: Preprocess): string {
  const size = (value: number | readonly number[]) => (typeof value === 'number' ? String(value) : value.join('x'));
  const steps = [
    ...(resize
      ? [`${resize.edge === 'short' ? 'short edge' : 'resize'} to ${size(resize.size)}, ${resize.filter} as ${resize.kernel} has it`]
      : []),
    ...(crop ? [`crop ${size(crop)}`] : []),
    order,
  ];
  return steps.join('; ');
}

function mebibytes(bytes: number): string {
  return `${(bytes / 2 ** 20).toFixed(2)} MiB`;
}
