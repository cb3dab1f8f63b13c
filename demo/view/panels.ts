/** The panels next to the result: the network and its device. */
import type { Network } from '../catalog.ts';
import type { Model, Prediction } from '../library.ts';
import { platformName, platformOf, remediesForSoftware } from '../logic/platform.ts';
import { recipeFacts } from '../logic/recipe.ts';
import { bytes, millions } from '../logic/words.ts';
import { element, fillFacts, show } from './dom.ts';
import { clearNotice, showAdvice } from './notice.ts';

const modelName = element('model-name', HTMLParagraphElement);
const modelFacts = element('model-facts', HTMLDListElement);
const modelSource = element('model-source', HTMLParagraphElement);
const classList = element('class-list', HTMLParagraphElement);
const classes = element('classes', HTMLDetailsElement);
const deviceName = element('device-name', HTMLParagraphElement);
const deviceFacts = element('device-facts', HTMLDListElement);
const deviceNotice = element('device-notice', HTMLDivElement);

const LISTED_CLASSES = 60;

export const platform = platformOf(navigator.userAgent);

export function showNetwork(network: Network, model: Model): void {
  show(modelName, network.name);
  const { arch, parameters, macs, labels, numClasses, ignoredKeys, preprocess, inputSize } = model.info;
  const count = labels?.length ?? numClasses;
  const facts: [string, string][] = [
    ['Architecture', arch],
    ['Parameters', millions(parameters)],
    ['Multiply-adds', millions(macs)],
    ['Classes', count === undefined ? 'none: a backbone' : String(count)],
    ...recipeFacts(preprocess, inputSize),
  ];
  if (ignoredKeys.length > 0) facts.push(['Tensors not used', String(ignoredKeys.length)]);
  fillFacts(modelFacts, facts);
  modelSource.hidden = network.origin !== 'bundled';
  classes.hidden = true;
}

/** @param predictions for every class, in any order */
export function showClasses(predictions: readonly Prediction[]): void {
  const labels = [...predictions].sort((a, b) => a.index - b.index).map(({ label }) => label);
  const more = labels.length - LISTED_CLASSES;
  show(classList, labels.slice(0, LISTED_CLASSES).join(', ') + (more > 0 ? ` and ${more} more` : ''));
  classes.hidden = false;
}

export function adapterName({ vendor, architecture, description, software }: Model['info']['adapter']): string {
  const unnamed = software ? 'Software adapter' : 'A GPU that the browser does not name';
  return description || [vendor, architecture].filter(Boolean).join(' ') || unnamed;
}

export function showDevice(model: Model): void {
  const { adapter, precision, dispatches, pipelines } = model.info;
  const { weights, activations, staging } = model.memory();
  show(deviceName, adapterName(adapter));
  fillFacts(deviceFacts, [
    ['Adapter', [adapter.vendor, adapter.architecture].filter(Boolean).join(' ') || 'not named'],
    ['Browser', platformName(platform)],
    ['Precision', precision],
    ['Kernels', `${dispatches} dispatches in one submit, ${pipelines} pipelines`],
    ['Memory', `${bytes(weights + activations + staging)}, ${bytes(weights)} of it weights`],
  ]);
  if (adapter.software) {
    showAdvice(
      deviceNotice,
      'Software adapter: this runs on the processor, not on a GPU.',
      'The answers are the same; the times say nothing about a GPU.',
      remediesForSoftware(platform),
    );
  } else clearNotice(deviceNotice);
}

/** @param what the missing thing */
export function showNoDevice(what: string): void {
  deviceName.textContent = what;
  fillFacts(deviceFacts, [['Browser', platformName(platform)]]);
}
