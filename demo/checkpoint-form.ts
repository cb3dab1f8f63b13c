/** The form for the visitor's own checkpoint. */

import { LabelsError, parseLabels } from '../src/cli/parse-labels.ts';
import type { Request } from './catalog.ts';
import { archNames } from './library.ts';
import { element } from './view/dom.ts';

const form = element('form', HTMLFormElement);
const file = element('weights-file', HTMLInputElement);
const url = element('weights-url', HTMLInputElement);
const arch = element('arch', HTMLInputElement);
const labels = element('labels', HTMLTextAreaElement);
const labelsFile = element('labels-file', HTMLInputElement);

/** Shown by the form itself: the field, and what is wrong with it. */
export class FormError extends Error {
  readonly code = 'form';
  readonly hint: string;

  constructor(field: HTMLElement, what: string, hint: string) {
    super(what);
    this.hint = hint;
    field.focus();
  }
}

export function setUpForm(submit: (read: () => Request) => void): void {
  arch.addEventListener('focus', suggestArchs, { once: true });
  form.addEventListener('submit', (event) => {
    event.preventDefault();
    submit(readForm);
  });
  // Only one source counts: the one that was changed last.
  file.addEventListener('change', () => {
    if (file.files?.length) url.value = '';
  });
  url.addEventListener('input', () => {
    if (url.value !== '') file.value = '';
  });
  element('labels-pick', HTMLButtonElement).addEventListener('click', () => labelsFile.click());
  labelsFile.addEventListener('change', async () => {
    const chosen = labelsFile.files?.[0];
    if (chosen) labels.value = (await chosen.text()).trim();
    labelsFile.value = '';
  });
}

async function suggestArchs(): Promise<void> {
  element('archs', HTMLDataListElement).append(...(await archNames()).map((name) => new Option(name, name)));
}

export function fillForm(address: { arch?: string; weights?: string }): void {
  arch.value = address.arch ?? '';
  url.value = address.weights ?? '';
  file.value = '';
}

function readForm(): Request {
  const chosen = file.files?.[0];
  const address = url.value.trim();
  if (chosen) return requestFor([chosen]);
  if (address === '') {
    throw new FormError(file, 'There is no checkpoint to load yet.', 'Choose a file, or give the address of one.');
  }
  return requestForAddress(address);
}

/** Files that form one model, or an address, with the form's architecture and labels. */
export function requestFor(files: readonly File[]): Request {
  const [first] = files;
  const weights = files.length === 1 && first ? first : files;
  return { network: { name: nameOf(files), origin: 'file', source: { weights, ...settings() } } };
}

/** For several files, their folder's name if they have one. */
function nameOf(files: readonly File[]): string {
  const [first] = files;
  if (!first || files.length === 1) return first?.name ?? '';
  const folder = first.webkitRelativePath.split('/').at(-2);
  return folder || `${first.name} and ${files.length - 1} more`;
}

export function requestForAddress(address: string): Request {
  const { arch: name, ...rest } = settings();
  const weights = /^hf:/.test(address) ? address : absolute(address);
  const title =
    address
      .replace(/[?#].*$/, '')
      .split('/')
      .filter(Boolean)
      .at(-1) ?? address;
  return {
    network: { name: title, origin: 'address', source: { weights, ...(name ? { arch: name } : {}), ...rest } },
    weights: address,
    ...(name ? { arch: name } : {}),
  };
}

function absolute(address: string): URL {
  try {
    return new URL(address, location.href);
  } catch {
    throw new FormError(url, `“${address}” is not an address.`, 'Give an https:// address, a path on this site, or hf:owner/repository.');
  }
}

function settings(): { arch?: string; labels?: string[] } {
  const name = arch.value.trim();
  try {
    const names = parseLabels(labels.value);
    return { ...(name ? { arch: name } : {}), ...(names ? { labels: names } : {}) };
  } catch (error) {
    if (error instanceof LabelsError) throw new FormError(labels, error.message, 'Give one label a line, or a JSON array of strings.');
    throw error;
  }
}
