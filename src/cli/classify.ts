/** `resnet-webgpu classify`: images in, the most likely classes out. */
import { join } from 'node:path';
import { absoluteUrl } from '../checkpoint/address.ts';
import { ResnetError } from '../util/errors.ts';
import { hasChromium, runInBrowser } from './browser-runner.ts';
import type { ClassifyArguments } from './command-line.ts';
import { canDecode, imageFormat } from './decode.ts';
import { firstBytes, readLabels } from './files.ts';
import { namedImages } from './images.ts';
import type { ImageFile, ImageOutcome, Job, OnResult, Outcome, Report, WeightsPlace } from './job.ts';
import { fileAt, manifestOf } from './model-folder.ts';
import { runInNode } from './node-process.ts';
import { packageRoot } from './package-root.ts';
import { reporter } from './report.ts';
import { resultWriter } from './results.ts';

const BUNDLED = {
  file: 'weights/resnet56-4bfd9763.th',
  arch: 'cifar_resnet56',
  name: 'ResNet-56 (bundled; CIFAR-10: knows ten classes only)',
};

/** Prints the result and returns the exit code. */
export async function classify(settings: ClassifyArguments): Promise<number> {
  const named = await namedImages(settings.images);
  const images = named.filter((image): image is ImageFile => 'name' in image);
  const job = images.length > 0 ? await jobOf(settings, images) : undefined;
  const show = reporter(process.stderr);
  const title = ({ info }: Outcome) => (settings.weights === undefined ? BUNDLED.name : `${info.arch} from ${settings.weights}`);
  const writer = resultWriter(settings, title, settings.weights ?? `bundled:${BUNDLED.file}`);
  let failed = 0;
  const write = (result: ImageOutcome) => {
    if ('error' in result) failed++;
    show('');
    writer.result(result);
  };
  // In the order of the command line: an image that was not found comes before the next computed one.
  const order = named.values();
  const writeUnread = (until: 'next' | 'end') => {
    for (let { value, done } = order.next(); !done; { value, done } = order.next()) {
      if (value && 'error' in value) write(value);
      else if (until === 'next') return;
    }
  };
  const outcome =
    job &&
    (await run(job, settings.browser, show, (result) => {
      writeUnread('next');
      write(result);
    }));
  show('');
  writeUnread('end');
  writer.end(outcome);
  return failed > 0 ? 1 : 0;
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
  return { file: manifestOf(weights) ?? fileAt(weights) };
}

/** Uses Node if possible, because it starts immediately. Otherwise a browser, which nearly every machine has. */
async function run(job: Job, browserOnly: boolean, report: Report, onResult: OnResult): Promise<Outcome> {
  let reason = 'asked for by --browser';
  let done = 0;
  const counted: OnResult = (result) => {
    done++;
    onResult(result);
  };
  if (!browserOnly) {
    const undecoded = hasChromium() ? await firstForBrowsers(job.images) : undefined;
    if (undecoded) reason = `only a browser reads ${undecoded.name}`;
    else {
      const answer = await runInNode(job, report, counted);
      if ('info' in answer) return answer;
      ({ reason } = answer);
    }
  }
  // A driver may crash at any moment.
  if (hasChromium()) return runInBrowser({ ...job, images: job.images.slice(done) }, report, onResult);
  throw new ResnetError('adapter-missing', `Nothing here can run WebGPU: ${reason}, and no Chromium, Chrome or Edge was found.`, {
    hint: 'Install Dawn for Node with npm install webgpu, or install Chromium and set CHROMIUM_PATH to its program.',
  });
}

/** Of a format that this package cannot decode. */
async function firstForBrowsers(images: readonly ImageFile[]): Promise<ImageFile | undefined> {
  for (const image of images) {
    const start = await firstBytes(image);
    if (!canDecode(start) && imageFormat(start) !== undefined) return image;
  }
  return undefined;
}
