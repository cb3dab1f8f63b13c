/** `resnet-webgpu classify`: images in, the most likely classes out. */
import { existsSync, statSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { buffer } from 'node:stream/consumers';
import { absoluteUrl } from '../checkpoint/address.ts';
import { ResnetError } from '../util/errors.ts';
import { printable } from '../util/show.ts';
import type { ClassifyArguments } from './arguments.ts';
import { hasChromium, runInBrowser } from './browser-runner.ts';
import { canDecode, imageFormat } from './decode.ts';
import { fileTrouble, readLabels } from './files.ts';
import type { Failure, ImageFile, ImageOutcome, Job, Outcome, Report, WeightsPlace } from './job.ts';
import { runInNode } from './node-process.ts';
import { packageRoot } from './package-root.ts';
import { reporter } from './report.ts';
import { modelLine, resultLines, styleFor } from './table.ts';

const BUNDLED = {
  file: 'weights/resnet56-4bfd9763.th',
  arch: 'cifar_resnet56',
  name: 'ResNet-56 (bundled; CIFAR-10: knows ten classes only)',
};

/** Prints the result and gives the exit code. */
export async function classify(settings: ClassifyArguments): Promise<number> {
  const read = await Promise.all(settings.images.map(readImage));
  const images = read.filter((image): image is ImageFile => 'bytes' in image);
  const unread = new Map(read.flatMap((image) => ('error' in image ? [[image.image, image] as const] : [])));
  const report = reporter(process.stderr);
  const outcome = images.length > 0 ? await run(await jobOf(settings, images), settings.browser, report) : undefined;
  report('');
  // In the order of the command line.
  const computed = outcome?.results.values();
  const results = read.map((image) => ('error' in image ? image : computed?.next().value)).filter((result) => result !== undefined);
  const failed = results.some((result) => 'error' in result);
  if (settings.json) printJson(settings, outcome, results);
  else printTable(settings, outcome, results);
  return failed || unread.size > 0 ? 1 : 0;
}

async function readImage(name: string): Promise<ImageFile | { image: string; error: Failure }> {
  try {
    return name === '-' ? { name: 'standard input', bytes: await buffer(process.stdin) } : { name, bytes: await readFile(name) };
  } catch (error) {
    return {
      image: name,
      error: { message: `[${name}] ${fileTrouble(error, 'Name the images in it, such as folder/*.png.')}`, code: 'image' },
    };
  }
}

async function jobOf(settings: ClassifyArguments, images: ImageFile[]): Promise<Job> {
  const { topK, precision } = { topK: settings.top, precision: settings.precision };
  const labels = settings.labels === undefined ? undefined : await readLabels(settings.labels);
  if (settings.weights === undefined) {
    const file = join(packageRoot().folder, BUNDLED.file);
    return { images, weights: { file }, arch: BUNDLED.arch, labels, topK, precision };
  }
  return { images, weights: placeOf(settings.weights), arch: settings.arch, labels, topK, precision };
}

function placeOf(weights: string): WeightsPlace {
  if (weights.startsWith('hf:')) return { address: weights };
  if (/^https?:\/\//.test(weights)) return { address: absoluteUrl(weights) };
  if (existsSync(weights) && !statSync(weights).isDirectory()) return { file: weights };
  if (existsSync(weights)) {
    throw new ResnetError('usage', 'This is a folder.', {
      layer: weights,
      hint: 'Name a checkpoint in it; of a converted model serve the folder and pass its address.',
    });
  }
  throw new ResnetError('usage', 'There is no such file.', {
    layer: weights,
    hint: 'Pass the path of a checkpoint, an https:// address, or hf:owner/repository.',
  });
}

/** In Node where that can be, since it starts at once; else in a browser, which nearly every machine has. */
async function run(job: Job, browserOnly: boolean, report: Report): Promise<Outcome> {
  let reason = 'asked for by --browser';
  if (!browserOnly) {
    const undecoded = job.images.find(({ bytes }) => !canDecode(bytes) && imageFormat(bytes) !== undefined);
    if (undecoded && hasChromium()) reason = `only a browser reads ${undecoded.name}`;
    else {
      const answer = await runInNode(job, report);
      if ('results' in answer) return answer;
      ({ reason } = answer);
    }
  }
  if (hasChromium()) return runInBrowser(job, report);
  throw new ResnetError('adapter-missing', `Nothing here can run WebGPU: ${reason}, and no Chromium, Chrome or Edge was found.`, {
    hint: 'Install Dawn for Node with npm install webgpu, or install Chromium and set CHROMIUM_PATH to its program.',
  });
}

function printTable(settings: ClassifyArguments, outcome: Outcome | undefined, results: readonly ImageOutcome[]): void {
  const style = styleFor(process.stdout);
  for (const result of results) {
    // Errors go where errors belong, so that a pipe gets results only.
    const stream = 'error' in result ? process.stderr : process.stdout;
    stream.write('error' in result ? `error: ${printable(result.error.message)}\n` : `${resultLines(result, style).join('\n')}\n\n`);
  }
  if (!outcome) return;
  const model = settings.weights === undefined ? BUNDLED.name : `${outcome.info.arch} from ${settings.weights}`;
  process.stdout.write(`${modelLine(outcome, model, style)}\n`);
}

function printJson(settings: ClassifyArguments, outcome: Outcome | undefined, results: readonly ImageOutcome[]): void {
  const weights = settings.weights ?? `bundled:${BUNDLED.file}`;
  const model = outcome && { ...outcome.info, weights, through: outcome.through };
  process.stdout.write(`${printable(JSON.stringify({ model, results }, undefined, 2))}\n`);
}
