/** What is wrong with the arguments of a call. Fetched when something is. */
import type { Graph } from '../graph/types.ts';
import { ResnetError } from '../util/errors.ts';
import { isCount, isEdges } from '../util/limits.ts';
import { show, textOf } from '../util/show.ts';
import { distance } from '../util/spelling.ts';
import { CALLS, type Call, optionsOf } from './option-names.ts';
import type { LoadOptions, Tensor } from './types.ts';

const fail = (layer: string, what: string, hint: string) => new ResnetError('usage', what, { layer, hint });

export function wrongOption(options: unknown): ResnetError {
  if (options === null || typeof options !== 'object')
    return fail('options', `The options are ${show(options)}.`, "Pass an object such as { precision: 'f16' }, or leave it out.");
  const { precision = 'auto', inputSize = [1, 1], batch = 1, memoryBudget = 0, device, signal } = options as LoadOptions;
  if (!['auto', 'f32', 'f16'].includes(precision))
    return fail('precision', `"${textOf(precision)}" is not a precision.`, "Pass 'auto', 'f32' or 'f16'.");
  if (!isEdges(inputSize)) return fail('inputSize', `${show(inputSize)} is not a size.`, 'Pass [height, width] in pixels.');
  if (!isCount(batch, 'edge')) return fail('batch', `${show(batch)} is not a batch size.`, 'Pass a whole number above 0.');
  if (!(typeof memoryBudget === 'number' && memoryBudget >= 0))
    return fail('memoryBudget', `${show(memoryBudget)} is not a number of bytes.`, 'Pass a number, or leave it out.');
  if (typeof device === 'string')
    return fail(
      'device',
      `"${textOf(device)}" is not a GPUDevice.`,
      'Leave it out: the library runs on WebGPU only, and asks for a device itself.',
    );
  if (device && !device.limits) return fail('device', 'The device is not a GPUDevice.', 'Pass what adapter.requestDevice() gave.');
  if (signal && !signal.addEventListener)
    return fail('signal', 'The signal is not an AbortSignal.', 'Pass the signal of an AbortController.');
  return fail('onProgress', 'It is not a function.', 'Pass a function that takes a Progress.');
}

/** Names in other libraries, without capitals and underscores. */
const SYNONYMS: Record<string, string> = {
  dtype: 'precision',
  half: 'precision',
  fp16: 'precision',
  quantized: 'precision',
  progresscallback: 'onProgress',
  progress: 'onProgress',
  abortsignal: 'signal',
  usecache: 'cache',
  imagesize: 'inputSize',
  imgsize: 'inputSize',
  batchsize: 'batch',
  architecture: 'arch',
  model: 'arch',
  modelname: 'arch',
  checkpoint: 'weights',
  url: 'weights',
  path: 'weights',
  file: 'weights',
  statedict: 'weights',
  classes: 'labels',
  classnames: 'labels',
  k: 'topK',
  top: 'topK',
  maxresults: 'topK',
  target: 'classIndex',
  class: 'classIndex',
};

/** Settings that do not exist here, and their replacements. */
const ELSEWHERE: Record<string, string> = {
  revision: "Write it into the address: 'hf:owner/name@revision'.",
  pretrained:
    "The library has no weights of its own: loadModel('hf:timm/resnet50.a1_in1k'); listModels('*', { pretrained: true }) lists them.",
  backend: 'Leave it out: the library runs on WebGPU only.',
  executionproviders: 'Leave it out: the library runs on WebGPU only.',
};

/** An option that the call does not have: the nearest that it has, what stands for it, or the call that has it. */
export function unknownName(name: string, call: Call): ResnetError {
  const known = optionsOf(call);
  const wanted = plain(name);
  const is = (one: string) => plain(one) === wanted || one === SYNONYMS[wanted];
  const near = (names: string[]) => names.find((one) => distance(wanted, plain(one)) <= Math.max(1, Math.floor(wanted.length / 3)));
  const sorted = known.sort((a, b) => distance(wanted, plain(a)) - distance(wanted, plain(b)));
  const meant = known.find(is) ?? (wanted in ELSEWHERE ? undefined : near(sorted));
  const other = CALLS.find((one) => optionsOf(one).some(is));
  const hint = meant
    ? `Did you mean ${meant}?`
    : (ELSEWHERE[wanted] ??
      (other ? `${optionsOf(other).find(is)} belongs to ${PLACES[other] ?? other}.` : `There are ${optionsOf(call).join(', ')}.`));
  return fail(name, `'${textOf(name)}' is not an option of ${PLACES[call] ?? call}.`, hint);
}

const PLACES: Partial<Record<Call, string>> = {
  source: "loadModel's first argument",
  loadModel: "loadModel's second argument",
};

function plain(text: string): string {
  return text.toLowerCase().replace(/[^a-z0-9]/g, '');
}

/** Of loadModel's first argument. */
export function wrongSource(source: unknown): ResnetError {
  const isObject = typeof source === 'object' && source !== null;
  const [layer, what] = isObject ? ['weights', 'There are no weights.'] : ['source', `The source is ${String(source)}.`];
  return fail(layer, what, "Call loadModel({ arch: 'resnet50', weights: url }).");
}

export function noHead(arch: string): ResnetError {
  return new ResnetError('usage', `${arch} is a bare backbone and cannot classify.`, {
    hint: 'Use run() for feature maps or embed(), or load it as an ImageClassifier with a head.',
  });
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

export function wrongFeatures(features: unknown): ResnetError {
  return fail('features', `features is ${show(features)}.`, 'Pass true, false or a list of stages.');
}

export function noStage(stage: number | 'img', { outputs }: Graph): ResnetError {
  const known = outputs.filter(({ kind }) => kind === 'feature').map((output) => output.stage);
  return fail('features', `has no stage ${stage}; it has ${known.join(', ')}.`, 'Ask for one of these.');
}

export function noLogits(arch: string): ResnetError {
  const hint = 'Ask for features, or load it as an ImageClassifier with a head.';
  return new ResnetError('usage', `${arch} is a bare backbone and has no logits.`, { hint });
}

export function noOutputs(): ResnetError {
  return fail('run', 'neither features nor logits were asked for.', 'Pass features or logits.');
}

/** What is not [n, inputChannels, h, w], or has too few or too many values (model/check-input.ts). */
export function wrongInput(input: Partial<Tensor> | undefined, inputChannels: number): ResnetError {
  const { shape, data } = input ?? {};
  const wrong = (what: string, hint: string) => new ResnetError('shape', what, { layer: 'input', hint });
  if (!Array.isArray(shape) || shape.length !== 4 || !shape.every((size) => isCount(size, 'edge'))) {
    const shown = Array.isArray(shape) ? `[${shape.map(show).join(', ')}]` : show(shape);
    return wrong(
      `shape is ${shown}, but the network needs [n, ${inputChannels}, height, width].`,
      'Pass an NCHW tensor with sizes above 0.',
    );
  }
  const [, channels] = shape;
  if (channels !== inputChannels) {
    return wrong(`has ${channels} channels, but the network needs ${inputChannels}.`, 'Check that the tensor is NCHW, not NHWC.');
  }
  const size = shape.reduce((a, b) => a * b);
  return wrong(
    `has ${data?.length ?? 'no'} values, but [${shape.join(', ')}] takes ${size} in a Float32Array.`,
    'Make data and shape agree.',
  );
}
