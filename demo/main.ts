/** The page: wires the photos, the network, the camera and the form to what is seen. */
import { BUNDLED, type Network, ownPhoto, type Photo } from './catalog.ts';
import { fillForm, type Request, requestFor, requestForAddress, setUpForm } from './checkpoint-form.ts';
import { setUpIntake } from './intake.ts';
import type { Model } from './library.ts';
import { Live } from './live.ts';
import { readAddress, writeAddress } from './logic/address.ts';
import { type Choice, candidateChoices } from './logic/file-reading.ts';
import { platformName, remediesForMissing, WEBGPU_BROWSERS } from './logic/platform.ts';
import { cameraProblem, isAbort, type Problem, problemOf } from './logic/problem.ts';
import type { Reading } from './logic/steps.ts';
import { isEnough, summarize } from './logic/timing.ts';
import { percent } from './logic/words.ts';
import { type Precision, Session } from './session.ts';
import { Studio } from './studio.ts';
import { setUpTheme } from './theme.ts';
import { announce, element, fillFacts, make } from './view/dom.ts';
import { choiceButton, showFileReading } from './view/file-reading.ts';
import { clearNotice, showAdvice, showProblem } from './view/notice.ts';
import { adapterName, platform, showClasses, showDevice, showNetwork, showNoDevice } from './view/panels.ts';
import { onCancel, showProgress, showState } from './view/readout.ts';
import { showEvidence, showHeading, showInstruments, showPredictions, showTiming } from './view/result.ts';
import { addThumb, markSelected, onChoose, removeThumb, showThumbLabel } from './view/sheet.ts';
import { showPhoto } from './view/stage.ts';

const resultNotice = element('result-notice', HTMLDivElement);
const intakeNotice = element('intake-notice', HTMLDivElement);
const formNotice = element('form-notice', HTMLDivElement);
const cameraButton = element('camera', HTMLButtonElement);
const restoreButton = element('restore', HTMLButtonElement);
const precisionButtons = [...document.querySelectorAll<HTMLInputElement>('input[name=precision]')];

const session = new Session();
const live = new Live(() => session.model);
const studio: Studio = new Studio({
  changed(photo, reading, kind) {
    showThumbLabel(photo.id, reading);
    if (kind === 'classify' && reading.predictions) showClasses(reading.predictions);
    if (photo !== studio.selected || live.isOn) return;
    showReading(photo, reading);
    if (kind === 'classify') sayReading(photo, reading);
  },
  added: addThumb,
  removed: (photo) => removeThumb(photo.id),
});

function sayReading(photo: Photo, reading: Reading | undefined): void {
  const best = reading?.predictions?.[0];
  if (best) announce(`${photo.name}: ${best.label}, ${percent(best.probability)}`);
}

function showReading(photo: Photo, reading: Reading | undefined): void {
  const bundled = session.network?.origin === 'bundled';
  showHeading(photo.name, (bundled && (photo.aside ?? 'It knows ten classes only: whatever the photo shows, it names the nearest.')) || '');
  showPredictions(reading?.predictions);
  showEvidence(reading, reading?.predictions?.[0]?.label);
  const measured = reading && isEnough(reading.runs);
  showTiming(measured ? summarize(reading.runs) : undefined, measured ? 'warm runs' : session.model ? 'measuring …' : 'not measured yet');
  if (reading?.failure) showProblem(resultNotice, problemOf(reading.failure));
  else if (session.model) clearNotice(resultNotice);
}

function select(photo: Photo): void {
  live.stop();
  markSelected(photo.id);
  showPhoto(photo);
  showReading(photo, studio.readingOf(photo));
  sayReading(photo, studio.readingOf(photo));
  studio.select(photo);
}

function showReady(model: Model, network: Network): void {
  const where = model.info.adapter.software ? 'the processor (software adapter)' : adapterName(model.info.adapter);
  showState('ready', `${network.name} is ready in ${model.info.precision} on ${where}`);
}

function adopt(model: Model, request: Request): void {
  const { network, arch, weights } = request;
  current = request;
  showInstruments(true);
  showNetwork(network, model);
  showFileReading(model, (choice) => openNetwork(withArch(request, choice), session.precision, resultNotice));
  showDevice(model);
  showReady(model, network);
  restoreButton.hidden = network.origin === 'bundled';
  const query = writeAddress({ arch, weights, precision: session.precision === 'f16' ? 'f16' : undefined });
  history.replaceState(null, '', `${location.pathname}${query}${location.hash}`);
  for (const photo of studio.photos) showThumbLabel(photo.id, undefined);
  studio.use(model);
  if (!live.isOn) showReading(studio.selected, undefined);
}

async function openNetwork(request: Request, precision: Precision, problemSlot: HTMLElement): Promise<void> {
  clearNotice(problemSlot);
  showState('busy', `Loading ${request.network.name}`);
  try {
    await session.open(request.network, precision, showProgress, (model) => adopt(model, request));
  } catch (error) {
    if (isAbort(error) && session.isLoading) return; // a newer load took over and reports for itself
    if (session.model && session.network) showReady(session.model, session.network);
    else showState('failed', isAbort(error) ? 'Cancelled; no network is loaded' : 'No network is loaded');
    markPrecision(session.precision);
    if (!isAbort(error)) {
      const problem = problemOf(error);
      const load = (choice: Choice) => openNetwork(withArch(request, choice), precision, problemSlot);
      showProblem(
        problemSlot,
        problem,
        candidateChoices(problem.candidates ?? []).map((choice) => choiceButton(choice, load)),
      );
    }
    if (!session.model) {
      restoreButton.hidden = false;
      showInstruments(false);
    }
  }
}

/** The same weights as another architecture. The page's address can carry a name only, so it carries none. */
function withArch({ network, weights }: Request, { arch }: Choice): Request {
  const { source } = network;
  const parts = typeof source === 'string' || source instanceof URL ? { weights: source } : source;
  return { network: { ...network, source: { ...parts, arch } }, ...(weights !== undefined && { weights }) };
}

function markPrecision(precision: Precision): void {
  for (const button of precisionButtons) button.checked = button.value === precision;
}

/** Errors of reading the form belong to the form, like those of loading what it names. */
function openFromForm(read: () => Request): void {
  try {
    openNetwork(read(), session.precision, formNotice);
  } catch (error) {
    showProblem(formNotice, problemOf(error));
  }
}

async function toggleCamera(): Promise<void> {
  if (live.isOn) {
    live.stop();
    return;
  }
  clearNotice(intakeNotice);
  try {
    studio.paused = true;
    await live.start(() => {
      cameraButton.ariaPressed = 'true';
      cameraButton.textContent = 'Stop the camera';
      markSelected(undefined);
      clearNotice(resultNotice);
      showHeading('Camera', '');
      showState('live', 'Classifying the camera’s picture');
    });
  } catch (error) {
    const problem: Problem = error instanceof DOMException ? cameraProblem(error) : problemOf(error);
    showProblem(intakeNotice, problem);
  } finally {
    studio.paused = false;
    cameraButton.ariaPressed = 'false';
    cameraButton.textContent = 'Use the camera';
    if (session.model && session.network) showReady(session.model, session.network);
    markSelected(studio.selected.id);
    showPhoto(studio.selected);
    showReading(studio.selected, studio.readingOf(studio.selected));
    studio.wake();
  }
}

function explainMissingWebGpu(): void {
  showState('failed', 'This browser has no WebGPU here');
  showNoDevice();
  showAdvice(
    resultNotice,
    'This browser has no WebGPU here, so nothing can be classified.',
    `This page computes on the graphics card through WebGPU, and ${platformName(platform)} does not offer it to this page.`,
    remediesForMissing(platform, isSecureContext),
  );
  const where = make('dl', 'facts');
  fillFacts(where, WEBGPU_BROWSERS);
  resultNotice.append(make('p', 'small muted', 'WebGPU is there without further ado from these versions on:'), where);
  showInstruments(false);
  const needGpu = '.intake button, .switch input, #form :is(input, textarea, button)';
  for (const control of document.querySelectorAll<HTMLButtonElement | HTMLInputElement>(needGpu)) control.disabled = true;
}

let current: Request = { network: BUNDLED };

setUpTheme();
onChoose((id) => {
  const photo = studio.photos.find((other) => other.id === id);
  if (photo) select(photo);
});
if ('gpu' in navigator) {
  const address = readAddress(location.search);
  const precision = address.precision ?? 'f32';
  fillForm(address);
  markPrecision(precision);
  setUpForm(openFromForm);
  setUpIntake({
    photos(files) {
      clearNotice(intakeNotice);
      const photos = files.map((file) => ownPhoto(file, file.name));
      for (const photo of photos.toReversed()) studio.add(photo);
      if (photos[0]) select(photos[0]);
    },
    checkpoint(file) {
      openFromForm(() => requestFor(file));
    },
    refuse(what, remedy) {
      showProblem(intakeNotice, { code: 'intake', what, remedy, details: '' });
    },
  });
  cameraButton.addEventListener('click', toggleCamera);
  onCancel(() => session.cancel());
  restoreButton.addEventListener('click', () => {
    fillForm({});
    openNetwork({ network: BUNDLED }, session.precision, formNotice);
  });
  for (const button of precisionButtons) {
    button.addEventListener('change', () => openNetwork(current, button.value === 'f16' ? 'f16' : 'f32', resultNotice));
  }
  openNetwork(address.weights ? requestForAddress(address.weights) : current, precision, resultNotice);
} else explainMissingWebGpu();
