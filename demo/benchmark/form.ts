/** The form: what to measure. */
import { type BenchConfig, DEFAULTS, formatConfig, parseConfig } from '../bench/config.ts';
import { RUNTIME_IDS, RUNTIMES } from '../bench/runtimes.ts';
import { element, make } from '../view/dom.ts';

const MODELS = ['resnet18', 'resnet50', 'resnext50_32x4d', 'seresnet50', 'cifar_resnet20'];
const BATCHES = [1, 8];

const form = element('setup', HTMLFormElement);
const other = element('other', HTMLInputElement);
const weights = element('weights', HTMLInputElement);
const start = element('start', HTMLButtonElement);
const numbers = {
  rounds: element('rounds', HTMLInputElement),
  seconds: element('seconds', HTMLInputElement),
  warmups: element('warmups', HTMLInputElement),
  seed: element('seed', HTMLInputElement),
  size: element('size', HTMLInputElement),
};
const groups = {
  models: element('models', HTMLDivElement),
  runtimes: element('runtimes', HTMLDivElement),
  batches: element('batches', HTMLDivElement),
};

function chips(group: keyof typeof groups, items: readonly (readonly [value: string, label: string])[]): void {
  groups[group].replaceChildren(
    ...items.map(([value, label]) => {
      const box = make('input', '');
      Object.assign(box, { type: 'checkbox', name: group, value });
      return make('label', 'chip', box, make('span', '', label));
    }),
  );
}

const boxes = (group: keyof typeof groups) => [...groups[group].querySelectorAll('input')];
const checked = (group: keyof typeof groups) => boxes(group).flatMap((box) => (box.checked ? [box.value] : []));

/** @param onMissing called with what is not chosen. Until then nothing can start */
export function setUpForm(onStart: (config: BenchConfig) => void, onMissing: (what: string) => void): void {
  chips(
    'models',
    MODELS.map((name) => [name, name]),
  );
  chips(
    'runtimes',
    RUNTIME_IDS.map((id) => [id, RUNTIMES[id].name]),
  );
  chips(
    'batches',
    BATCHES.map((batch) => [String(batch), String(batch)]),
  );
  form.addEventListener('submit', (event) => {
    event.preventDefault();
    const missing = missingChoice();
    if (missing) onMissing(missing);
    else onStart(readForm());
  });
}

export function fillForm(config: BenchConfig): void {
  const check = (group: keyof typeof groups, values: readonly string[]) => {
    for (const box of boxes(group)) box.checked = values.includes(box.value);
  };
  check('models', config.models);
  check('runtimes', config.runtimes);
  check('batches', config.batches.map(String));
  other.value = config.models.filter((name) => !MODELS.includes(name)).join(', ');
  weights.value = config.weights;
  for (const key of ['rounds', 'seconds', 'warmups', 'seed'] as const) numbers[key].value = String(config[key]);
  numbers.size.value = config.size === undefined ? '' : String(config.size);
}

/** What must be chosen before anything can be measured, as a sentence. Undefined if nothing is missing. */
export function missingChoice(): string | undefined {
  const others = other.value.trim() !== '';
  if (checked('models').length === 0 && !others) return 'Choose a network, or write the name of one.';
  if (checked('runtimes').length === 0) return 'Choose a runtime.';
  if (checked('batches').length === 0) return 'Choose a batch size.';
  return undefined;
}

/** The form's values. Invalid ones get their defaults, by the rules of links. */
export function readForm(): BenchConfig {
  const others = other.value.split(/[\s,]+/).filter((name) => name !== '');
  const said = new URLSearchParams({
    models: [...checked('models'), ...others].join(','),
    runtimes: checked('runtimes').join(','),
    batches: checked('batches').join(','),
    weights: weights.value,
    ...Object.fromEntries(Object.entries(numbers).map(([key, input]) => [key, input.value])),
  });
  const config = parseConfig(said.toString());
  fillForm(config);
  return config;
}

export function setBusy(isBusy: boolean): void {
  start.disabled = isBusy;
  for (const field of form.querySelectorAll('fieldset')) field.disabled = isBusy;
}

export function suggestNames(names: readonly string[]): void {
  element('archs', HTMLDataListElement).replaceChildren(
    ...names.map((name) => {
      const option = make('option', '');
      option.value = name;
      return option;
    }),
  );
}

/** The address of the current setup, without a report. */
export const addressOf = (config: BenchConfig): string => {
  const text = formatConfig({ ...config, run: DEFAULTS.run });
  return text === '' ? '' : `#${text}`;
};
