/** The form for a checkpoint of the visitor's own. */

import { LabelsError, parseLabels } from '../src/cli/labels.ts';
import type { Network } from './catalog.ts';
import { archNames } from './library.ts';
import { element } from './view/dom.ts';

export interface Request {
  network: Network;
  /** What the page's address shall carry; nothing for a file. */
  arch?: string;
  weights?: string;
}

const form = element('form', HTMLFormElement);
const file = element('weights-file', HTMLInputElement);
const url = element('weights-url', HTMLInputElement);
const arch = element('arch', HTMLInputElement);
const labels = element('labels', HTMLTextAreaElement);
const labelsFile = element('labels-file', HTMLInputElement);

/** Shown by the form itself: which field, and what is wrong with it. */
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
  // One source at a time: the last one touched counts.
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
  if (chosen) return requestFor(chosen);
  if (address === '') {
    throw new FormError(file, 'There is no checkpoint to load yet.', 'Choose a file, or give the address of one.');
  }
  return requestForAddress(address);
}

/** A file or an address with the form's architecture and labels. */
export function requestFor(checkpoint: File): Request {
  return { network: { name: checkpoint.name, origin: 'file', source: { weights: checkpoint, ...settings() } } };
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
    throw new FormError(url, `“${address}” is no address.`, 'Give an https:// address, a path on this site, or hf:owner/repository.');
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
