/** What is wrong with the arguments of a load. Fetched when something is. */
import { ResnetError } from './errors.ts';
import { isCount, isEdges } from './limits.ts';
import { show, textOf } from './show.ts';
import type { LoadOptions } from './types.ts';

const fail = (layer: string, what: string, hint: string) => new ResnetError('usage', what, { layer, hint });

export function wrongOption(options: unknown): ResnetError {
  if (options === null || typeof options !== 'object')
    return fail('options', `The options are ${show(options)}.`, "Pass an object such as { precision: 'f16' }, or leave it out.");
  const { precision = 'auto', inputSize = [1, 1], batch = 1, memoryBudget = 0, device, signal } = options as LoadOptions;
  if (!['auto', 'f32', 'f16'].includes(precision))
    return fail('precision', `"${textOf(precision)}" is no precision.`, "Pass 'auto', 'f32' or 'f16'.");
  if (!isEdges(inputSize)) return fail('inputSize', `${show(inputSize)} is no size.`, 'Pass [height, width] in pixels.');
  if (!isCount(batch, 'edge')) return fail('batch', `${show(batch)} is no batch size.`, 'Pass a whole number above 0.');
  if (!(typeof memoryBudget === 'number' && memoryBudget >= 0))
    return fail('memoryBudget', `${show(memoryBudget)} is no number of bytes.`, 'Pass a number, or leave it out.');
  if (device && !device.limits) return fail('device', 'The device is not a GPUDevice.', 'Pass what adapter.requestDevice() gave.');
  if (signal && !signal.addEventListener)
    return fail('signal', 'The signal is not an AbortSignal.', 'Pass the signal of an AbortController.');
  return fail('onProgress', 'It is not a function.', 'Pass a function that takes a Progress.');
}

/** @param labels undefined where they are no list of strings */
export function wrongLabels(labels: readonly string[] | undefined, classes: number | undefined): ResnetError {
  if (!labels) return fail('labels', 'The labels are not a list of strings.', 'Pass a list of strings, one for each class.');
  const hint = 'Pass one label for each class, in the order of the logits.';
  return fail('labels', `There are ${labels.length} labels for ${classes} classes.`, hint);
}

export function archMissing(): ResnetError {
  return fail('arch', 'Random weights say nothing about the architecture.', "Pass arch, e.g. 'resnet50'.");
}
