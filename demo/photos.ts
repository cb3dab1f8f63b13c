/** The photo tab: the current photo, what the network says about it, the camera, and the contact sheet. */
import { ownPhoto, type Photo } from './catalog.ts';
import type { Explanation, Model, Prediction } from './library.ts';
import { Live } from './live.ts';
import { cameraProblem, problemOf } from './logic/problem.ts';
import type { Reading } from './logic/steps.ts';
import { isEnough, summarize } from './logic/timing.ts';
import { percent } from './logic/words.ts';
import type { Networks } from './networks.ts';
import { Studio } from './studio.ts';
import { announce, element } from './view/dom.ts';
import { clearNotice, showProblem } from './view/notice.ts';
import { showClasses } from './view/panels.ts';
import { showState } from './view/readout.ts';
import { markClass, onChooseClass, showEvidence, showHeading, showPredictions, showTiming, verdict } from './view/result.ts';
import { reveal } from './view/reveal.ts';
import { addThumb, markSelected, onChoose, removeThumb, showThumbLabel } from './view/sheet.ts';
import { showPhoto } from './view/stage.ts';

const resultNotice = element('result-notice', HTMLDivElement);
const intakeNotice = element('intake-notice', HTMLDivElement);
const cameraButton = element('camera', HTMLButtonElement);

export class Photos {
  private readonly networks: Networks;
  private readonly live: Live;
  private readonly studio: Studio;
  /** Shows again which network is in use, when the camera no longer uses the line. */
  private readonly showReady: () => void;
  /** The rank of the class whose evidence is shown. The best one, unless another was chosen. */
  private shown: { photo: Photo; rank: number } | undefined;

  constructor(networks: Networks, showReady: () => void) {
    this.networks = networks;
    this.showReady = showReady;
    this.live = new Live(() => networks.model);
    this.studio = new Studio({
      changed: (photo, reading, kind) => {
        showThumbLabel(photo.id, reading);
        if (kind === 'classify' && reading.predictions) showClasses(reading.predictions);
        if (photo !== this.studio.selected || this.live.isOn) return;
        this.showReading(photo, reading);
        if (kind === 'classify') sayReading(photo, reading);
      },
      added: addThumb,
      removed: (photo) => removeThumb(photo.id),
    });
    onChoose((id) => {
      const photo = this.studio.photos.find((other) => other.id === id);
      if (photo) this.select(photo);
    });
    onChooseClass((rank) => this.showEvidenceOf(rank));
  }

  /** The current photo. */
  get selected(): Photo {
    return this.studio.selected;
  }

  /** A new network has no results for any photo yet. */
  use(model: Model): void {
    for (const photo of this.studio.photos) showThumbLabel(photo.id, undefined);
    this.studio.use(model);
    if (!this.live.isOn) this.showReading(this.studio.selected, undefined);
  }

  add(files: readonly (File | { file: Blob; name: string })[]): void {
    clearNotice(intakeNotice);
    const photos = files.map((one) => (one instanceof File ? ownPhoto(one, one.name) : ownPhoto(one.file, one.name)));
    for (const photo of photos.toReversed()) this.studio.add(photo);
    if (photos[0]) this.select(photos[0]);
  }

  select(photo: Photo): void {
    this.live.stop();
    markSelected(photo.id);
    showPhoto(photo);
    this.studio.select(photo);
    this.showReading(photo, this.studio.readingOf(photo));
    sayReading(photo, this.studio.readingOf(photo));
    // A notice already says why there is no verdict.
    if (this.networks.model && !this.studio.readingOf(photo)?.failure) reveal(verdict);
  }

  private showReading(photo: Photo, reading: Reading | undefined): void {
    const { model, network } = this.networks;
    const bundled = network?.origin === 'bundled';
    showHeading(
      photo.name,
      (bundled && (photo.aside ?? 'It knows ten classes only: whatever the photo shows, it names the nearest.')) || '',
    );
    showPredictions(reading?.predictions, model?.info.numClasses, reading?.failure);
    const rank = this.shown?.photo === photo ? this.shown.rank : 0;
    const heat = reading?.heat && (reading.heats?.[rank] ?? (rank === 0 ? reading.heat : undefined));
    showEvidence({ ...reading, heat: reading?.heat === null ? null : heat || undefined }, reading?.predictions?.[rank]?.label);
    markClass(reading?.heat ? rank : undefined);
    const measured = reading && isEnough(reading.runs);
    const waiting = model && !reading?.failure ? 'measuring …' : 'not measured';
    showTiming(measured ? summarize(reading.runs) : undefined, measured ? 'warm runs' : waiting);
    if (reading?.failure) showProblem(resultNotice, problemOf(reading.failure));
    else if (model) clearNotice(resultNotice);
  }

  /** For any of the shown classes, not only the best: what in the photo supports it? */
  private async showEvidenceOf(rank: number): Promise<void> {
    const { model } = this.networks;
    const { selected: photo } = this.studio;
    const reading = this.studio.readingOf(photo);
    const prediction = reading?.predictions?.[rank];
    if (!model || !reading?.heat || !prediction) return;
    this.shown = { photo, rank };
    markClass(rank);
    const heat = reading.heats?.[rank] ?? (await explained(model, photo, prediction));
    if (!heat || this.shown?.rank !== rank || this.studio.selected !== photo || this.networks.model !== model) return;
    reading.heats = { ...reading.heats, [rank]: heat };
    showEvidence({ ...reading, heat }, prediction.label);
    announce(`Evidence for ${prediction.label}`);
  }

  toggleCamera(): void {
    if (this.live.isOn) this.live.stop();
    else this.play(undefined);
  }

  /** @param file a video. Without it, the camera is used */
  async play(file: File | undefined): Promise<void> {
    clearNotice(intakeNotice);
    await this.live.stop();
    try {
      this.studio.paused = true;
      await this.live.start(file, () => {
        cameraButton.ariaPressed = 'true';
        cameraButton.textContent = file ? 'Stop the video' : 'Stop the camera';
        markSelected(undefined);
        clearNotice(resultNotice);
        showHeading(file?.name ?? 'Camera', '');
        markClass(undefined);
        showState('live', file ? 'Classifying the video as it plays' : 'Classifying the camera’s picture');
        reveal(verdict);
      });
    } catch (error) {
      const video = {
        ...problemOf(error),
        what: `${file?.name} does not play here.`,
        remedy: 'Browsers play MP4 (H.264) and WebM; try another file, or single pictures of it.',
      };
      showProblem(
        intakeNotice,
        file && error instanceof DOMException ? video : error instanceof DOMException ? cameraProblem(error) : problemOf(error),
      );
    } finally {
      this.studio.paused = false;
      cameraButton.ariaPressed = 'false';
      cameraButton.textContent = 'Use the camera';
      this.showReady();
      markSelected(this.studio.selected.id);
      showPhoto(this.studio.selected);
      this.showReading(this.studio.selected, this.studio.readingOf(this.studio.selected));
      this.studio.wake();
    }
  }
}

async function explained(model: Model, photo: Photo, { index }: Prediction): Promise<Explanation | undefined> {
  return model.explain(await photo.blob(), { classIndex: index }).catch(() => undefined);
}

function sayReading(photo: Photo, reading: Reading | undefined): void {
  const best = reading?.predictions?.[0];
  if (best) announce(`${photo.name}: ${best.label}, ${percent(best.probability)}`);
}
