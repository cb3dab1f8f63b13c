/** `resnet-webgpu convert`: from a checkpoint to a folder that loadModel loads by its address. Needs no GPU. */
import { basename, join } from 'node:path';
import type { Checkpoint } from '../checkpoint/types.ts';
import { type ConvertedModel, type ConvertOptions, convert } from '../convert/convert-model.ts';
import { printable, printableName } from '../util/show.ts';
import type { ConvertArguments } from './command-line.ts';
import { readLabels } from './files.ts';
import { checkFolder, writeModel } from './model-folder.ts';
import { isAddress, preprocessText, progressBar, readArch, withCheckpoint } from './named-checkpoint.ts';
import { packageRoot } from './package-root.ts';
import { assumptionLines, reporter } from './report.ts';

/** Prints what was done and returns the exit code. */
export async function convertCheckpoint(settings: ConvertArguments): Promise<number> {
  // Checked before spending minutes.
  await checkFolder(settings.out, settings.force);
  const arch = await readArch(settings.arch);
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
  const converted = await withCheckpoint(settings, report, run);
  report(progressBar('Writing', 1));
  await writeModel(settings.out, converted);
  report('');
  process.stdout.write(
    `${settings.json ? printable(JSON.stringify(facts(converted, settings), undefined, 2)) : lines(converted, settings).map(printableName).join('\n')}\n`,
  );
  return 0;
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

function lines({ manifest, report }: ConvertedModel, { checkpoint, arch, out, verbose }: ConvertArguments): string[] {
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
    ...assumptionLines(report.assumed, '  assumed        ', verbose),
    '',
    `${join(out, 'manifest.json')} is there. Serve the folder and load it: loadModel('https://…/${basename(out)}')`,
  ];
}

function mebibytes(bytes: number): string {
  return `${(bytes / 2 ** 20).toFixed(2)} MiB`;
}
