/** The page: connects inputs, networks and tabs with the views. */
import { bundledRequest, hubRequest, ownRequest, type Request } from './catalog.ts';
import { fillForm, requestFor, requestForAddress, setUpForm } from './checkpoint-form.ts';
import type { ClassesTab } from './classes/index.ts';
import type { Folder } from './folder/index.ts';
import { type Place, setUpIntake } from './intake.ts';
import type { Model } from './library.ts';
import { readAddress, writeAddress } from './logic/address.ts';
import { type Choice, candidateChoices } from './logic/file-reading.ts';
import type { Sorted } from './logic/intake.ts';
import { BUNDLED_OFFER, HUB_OFFERS, type Reason, reasonInWords } from './logic/offers.ts';
import { platformName, remediesForMissing, WEBGPU_BROWSERS } from './logic/platform.ts';
import { problemOf } from './logic/problem.ts';
import { Networks, type Outcome } from './networks.ts';
import { keepPage } from './offline.ts';
import { OWN_MODEL } from './own-model.ts';
import { Photos } from './photos.ts';
import { onFirstOpen, openedTab, openTab, setUpTabs } from './tabs.ts';
import { setUpTheme } from './theme.ts';
import { element, fillFacts, make } from './view/dom.ts';
import { choiceButton, showFileReading } from './view/file-reading.ts';
import { clearNotice, showAdvice, showProblem } from './view/notice.ts';
import { adapterName, platform, showDevice, showNetwork, showNoDevice } from './view/panels.ts';
import { addOwnOffer, disableOffers, markLoading, markOffer, showOffers, showWhich } from './view/picker.ts';
import { onCancel, showState } from './view/readout.ts';
import { showInstruments } from './view/result.ts';
import { nearest, reveal } from './view/reveal.ts';
import { setUpUse, showUse } from './view/use.ts';

const slots = {
  picker: element('picker-notice', HTMLDivElement),
  result: element('result-notice', HTMLDivElement),
  intake: element('intake-notice', HTMLDivElement),
  form: element('form-notice', HTMLDivElement),
};
const restoreButton = element('restore', HTMLButtonElement);
const precisionButtons = [...document.querySelectorAll<HTMLInputElement>('input[name=precision]')];
const address = readAddress(location.search);

const networks: Networks = new Networks({
  loading({ offer, network }) {
    markLoading(offer);
    showState('busy', `Loading ${network.name}`);
  },
  adopted: adopt,
  kept(cancelled) {
    markLoading(undefined);
    markPrecision();
    if (networks.model) showReady();
    else {
      showState('failed', cancelled ? 'Cancelled; no network is loaded' : 'No network is loaded');
      restoreButton.hidden = false;
      showInstruments(false);
    }
  },
});
const photos = new Photos(networks, showReady);
const inside = element('inside', HTMLElement);

function showReady(): void {
  const { model, network } = networks;
  if (!model || !network) return;
  const { adapter, precision } = model.info;
  const where = adapter.software ? 'the processor (software adapter)' : adapterName(adapter);
  showState('ready', `${network.name} is ready in ${precision} on ${where}`);
}

function adopt(model: Model, request: Request, reason: Reason): void {
  const { network, arch, weights, offer } = request;
  for (const slot of Object.values(slots)) clearNotice(slot);
  showInstruments(true);
  showNetwork(network, model);
  showFileReading(model, (choice) => open(withArch(request, choice), slots.result));
  showDevice(model);
  markOffer(offer);
  showWhich(reasonInWords(network.name, reason, OWN_MODEL?.name));
  showReady();
  restoreButton.hidden = network.origin === 'bundled';
  const precision = networks.precision === 'f16' ? 'f16' : undefined;
  const query = writeAddress({ arch, weights, precision, hub: address.hub });
  history.replaceState(null, '', `${location.pathname}${query}${location.hash}`);
  markPrecision();
  showUse({ source: network.source, file: network.name, precision: networks.precision });
  photos.use(model);
}

/** @param slot where to show an error */
async function open(request: Request, slot: HTMLElement): Promise<void> {
  clearNotice(slot);
  report(await networks.choose(request), request, slot);
}

function report(outcome: Outcome | undefined, request: Request, slot: HTMLElement): void {
  if (typeof outcome !== 'object') return;
  if (outcome.code === 'adapter-missing') {
    explainMissingAdapter();
    return;
  }
  const load = (choice: Choice) => open(withArch(request, choice), slot);
  showProblem(
    slot,
    outcome,
    candidateChoices(outcome.candidates ?? []).map((choice) => choiceButton(choice, load)),
  );
}

/** The same weights as another architecture. The page's address can only contain a name, so it contains none. */
function withArch({ network, weights }: Request, { arch }: Choice): Request {
  const { source } = network;
  const parts = typeof source === 'string' || source instanceof URL ? { weights: source } : source;
  return { network: { ...network, source: { ...parts, arch } }, ...(weights !== undefined && { weights }) };
}

function markPrecision(): void {
  for (const button of precisionButtons) button.checked = button.value === networks.precision;
}

/** Errors in reading a request are shown in the same place as those in loading it. */
function openRead(read: () => Request, slot: HTMLElement): void {
  try {
    open(read(), slot);
  } catch (error) {
    showProblem(slot, problemOf(error));
  }
}

/** Where to show messages about something that came from this place. */
function slotAt(place: Place | undefined): HTMLElement {
  return (place && nearest(Object.values(slots), place.x, place.y)) ?? (slots.intake.offsetParent ? slots.intake : slots.picker);
}

function refuse(what: string, remedy: string, place?: Place): void {
  showProblem(slotAt(place), { code: 'intake', what, remedy, details: '' });
}

async function takeSorted(sorted: Sorted<File>, place: Place | undefined): Promise<void> {
  switch (sorted.kind) {
    case 'checkpoint':
      return openRead(() => requestFor(sorted.files), slotAt(place));
    case 'photos':
      if (takenByClasses(sorted.files, place)) return;
      openTab('photo');
      showUse({ what: 'photo' });
      return photos.add(sorted.files);
    case 'video':
      openTab('photo');
      return photos.play(sorted.file);
    case 'labels': {
      if (openedTab() === 'classes' && classes) return (await classes).open(sorted.file);
      const text = await sorted.file.text();
      try {
        return await open(networks.relabelled(text), slotAt(place));
      } catch (error) {
        return refuse(`${sorted.file.name}: ${problemOf(error).what}`, 'Give one label a line, or a JSON array of strings.', place);
      }
    }
    case 'refused':
      return refuse(sorted.what, sorted.remedy, place);
  }
}

async function takeAddress(kind: 'photo' | 'network' | 'unknown', pasted: string): Promise<void> {
  if (kind === 'network') {
    fillForm({ weights: pasted });
    return openRead(() => requestForAddress(pasted), slotAt(undefined));
  }
  try {
    const response = await fetch(pasted);
    const type = response.headers.get('content-type') ?? '';
    if (!response.ok) return refuse(`${pasted} is answered with ${response.status}.`, 'Check the address.');
    if (kind === 'unknown' && !type.startsWith('image/')) {
      await response.body?.cancel();
      return takeAddress('network', pasted);
    }
    openTab('photo');
    photos.add([{ file: await response.blob(), name: pasted.startsWith('data:') ? 'pasted picture' : (nameIn(pasted) ?? pasted) }]);
  } catch {
    refuse(
      `${pasted} cannot be read from here.`,
      'Its server does not let other pages read it (CORS), or cannot be reached. Copy the picture itself, or save it and drop it here.',
    );
  }
}

function nameIn(pasted: string): string | undefined {
  return new URL(pasted).pathname.split('/').filter(Boolean).at(-1);
}

function withoutGpu(
  missing: string,
  what: string,
  why: string,
  remedies: readonly string[],
  then: readonly (readonly [string, string])[] = [],
): void {
  // Nothing will ever fill them (styles/layout.css).
  document.body.classList.add('without-gpu');
  showNoDevice(missing);
  showAdvice(slots.result, what, why, remedies);
  if (then.length > 0) {
    const where = make('dl', 'facts');
    fillFacts(where, then);
    slots.result.append(make('p', 'small muted', 'Browsers that have it switched on:'), where);
  }
  showInstruments(false);
  disableOffers();
  const needGpu = '.intake button, .switch input, #form :is(input, textarea, button), .tab-button:not(#open-photo)';
  for (const control of document.querySelectorAll<HTMLButtonElement | HTMLInputElement>(needGpu)) control.disabled = true;
}

function explainMissingWebGpu(): void {
  showState('failed', 'This browser has no WebGPU here');
  withoutGpu(
    'No WebGPU',
    'This browser has no WebGPU here, so nothing can be classified.',
    `This page computes on the graphics card through WebGPU, and ${platformName(platform)} does not offer it to this page.`,
    remediesForMissing(platform, isSecureContext),
    WEBGPU_BROWSERS,
  );
}

function explainMissingAdapter(): void {
  showState('failed', 'WebGPU finds no graphics card here');
  withoutGpu(
    'No graphics card',
    'WebGPU is there, but it finds no graphics card.',
    `${platformName(platform)} knows WebGPU, but gives this page no adapter: either there is none, or its driver is on the browser’s list of refused ones.`,
    remediesForMissing(platform, isSecureContext),
  );
  const notice = slots.result.querySelector<HTMLElement>('.notice');
  notice?.setAttribute('role', 'alert');
  if (notice) {
    notice.tabIndex = -1;
    reveal(notice);
  }
}

function setUpPicker(): void {
  showOffers(BUNDLED_OFFER, HUB_OFFERS, {
    choose: (offer) => open(offer === BUNDLED_OFFER ? bundledRequest() : hubRequest(offer), slots.picker),
    openClasses: () => openTab('classes'),
  });
  const own = ownRequest();
  if (OWN_MODEL && own) addOwnOffer(OWN_MODEL.name, OWN_MODEL.classes, OWN_MODEL.bytes, () => open(own, slots.picker));
}

async function begin(): Promise<void> {
  setUpForm((read) => openRead(read, slots.form));
  setUpIntake({ sorted: takeSorted, many: openFolder, address: takeAddress, refuse });
  element('camera', HTMLButtonElement).addEventListener('click', () => {
    showUse({ what: 'camera' });
    photos.toggleCamera();
  });
  onCancel(() => networks.cancel());
  restoreButton.addEventListener('click', () => {
    fillForm({});
    open(bundledRequest(), slots.form);
  });
  for (const button of precisionButtons) {
    button.addEventListener('change', async () =>
      report(await networks.store(button.value === 'f16' ? 'f16' : 'f32'), networks.request, slots.result),
    );
  }
  const problem = await networks.begin(address);
  // After the network, because the visitor waits for that.
  keepPage();
  if (problem) report(problem, networks.request, networks.model ? slots.picker : slots.result);
}

let folder: Promise<Folder> | undefined;

async function loadFolder(panel: HTMLElement): Promise<Folder> {
  const { Folder } = await import('./folder/index.ts');
  return new Folder(panel, networks, (file) => {
    openTab('photo');
    photos.add([file]);
  });
}

async function openFolder(files: readonly File[], place?: Place): Promise<void> {
  const photos = files.filter(({ type }) => type.startsWith('image/'));
  if (takenByClasses(photos, place)) return;
  openTab('folder');
  showUse({ what: 'folder' });
  (await folder)?.add(files);
}

let classes: Promise<ClassesTab> | undefined;

/** Whether the tab of the visitor's own classes is open. It uses photos itself. */
function takenByClasses(files: readonly File[], place: Place | undefined): boolean {
  if (openedTab() !== 'classes' || !classes) return false;
  classes.then((tab) => tab.take(files, place));
  return true;
}

setUpTheme();
setUpUse();
setUpPicker();
/** A new version of the page has replaced the file, or there is no connection. */
function sayUnfetched(panel: HTMLElement): (error: unknown) => void {
  return (error) =>
    showProblem(panel, {
      code: 'page',
      what: 'This part of the page could not be fetched.',
      remedy: 'Reload the page.',
      details: problemOf(error).details,
    });
}

onFirstOpen('folder', (panel) => {
  folder = loadFolder(panel);
  folder.catch(sayUnfetched(panel));
});
onFirstOpen('classes', (panel) => {
  classes = import('./classes/index.ts').then(({ openClasses }) => openClasses(panel, networks));
  classes.catch(sayUnfetched(panel));
});
setUpTabs();
networks.onModel(async (model) => {
  const { showInside } = await import('./inside/index.ts');
  if (networks.model === model) showInside(inside, model, () => photos.selected);
});
if ('gpu' in navigator) begin();
else explainMissingWebGpu();
