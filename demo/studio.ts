/** The photos, the network's results for each, and the loop that computes more. */
import { FIRST, PHOTOS, type Photo } from './catalog.ts';
import type { Model } from './library.ts';
import { nextStep, type Reading, type Step } from './logic/steps.ts';

const OWN_LIMIT = 12;
/** More than any network has. The page shows five, but lists all names. */
const EVERY_CLASS = 1_000_000;

export interface StudioView {
  /** Called when a photo's results have changed, with the kind of step. */
  changed(photo: Photo, reading: Reading, step: Step<Photo>['kind']): void;
  added(photo: Photo): void;
  removed(photo: Photo): void;
}

export class Studio {
  readonly photos: Photo[] = [...PHOTOS];
  selected: Photo = FIRST;
  paused = false;
  private readonly view: StudioView;
  private readonly readings = new Map<Photo, Reading>();
  private model: Model | undefined;
  private running = false;
  private decoded: { photo: Photo; model: Model; bitmap: ImageBitmap } | undefined;

  constructor(view: StudioView) {
    this.view = view;
  }

  readingOf(photo: Photo): Reading | undefined {
    return this.readings.get(photo);
  }

  /** A new network has no results yet. */
  use(model: Model | undefined): void {
    this.model = model;
    this.readings.clear();
    this.wake();
  }

  select(photo: Photo): void {
    this.selected = photo;
    this.wake();
  }

  add(photo: Photo): void {
    this.photos.unshift(photo);
    this.view.added(photo);
    const own = this.photos.filter((other) => other.own);
    for (const old of own.slice(OWN_LIMIT)) {
      this.photos.splice(this.photos.indexOf(old), 1);
      this.readings.delete(old);
      URL.revokeObjectURL(old.url);
      this.view.removed(old);
    }
  }

  /** Runs steps until there is nothing left to do. A second call while it runs does nothing. */
  async wake(): Promise<void> {
    if (this.running) return;
    this.running = true;
    try {
      for (;;) {
        const { model } = this;
        if (!model || this.paused) return;
        const step = nextStep(this.photos, this.selected, (photo) => this.readings.get(photo));
        if (!step) return;
        const reading = this.readings.get(step.photo) ?? { runs: [] };
        try {
          await this.perform(step, reading, model);
        } catch (error) {
          if (step.kind === 'explain') reading.heat = null;
          else reading.failure = error;
        }
        // The network was replaced meanwhile, so this result no longer counts.
        if (model !== this.model) continue;
        this.readings.set(step.photo, reading);
        this.view.changed(step.photo, reading, step.kind);
      }
    } finally {
      this.running = false;
    }
  }

  private async perform({ kind, photo }: Step<Photo>, reading: Reading, model: Model): Promise<void> {
    if (kind === 'time') {
      const bitmap = await this.bitmapOf(photo, model);
      const start = performance.now();
      await model.classify(bitmap, { topK: 5 });
      reading.runs.push(performance.now() - start);
      return;
    }
    const blob = await photo.blob();
    if (kind === 'classify') reading.predictions = await model.classify(blob, { topK: EVERY_CLASS });
    else if (kind === 'see') reading.seen = await model.preprocess(blob);
    else reading.heat = await model.explain(blob);
  }

  /** Decoded and run once before, so that the measured runs are warm. */
  private async bitmapOf(photo: Photo, model: Model): Promise<ImageBitmap> {
    if (this.decoded?.photo === photo && this.decoded.model === model) return this.decoded.bitmap;
    this.decoded?.bitmap.close();
    this.decoded = undefined;
    const bitmap = await createImageBitmap(await photo.blob(), { premultiplyAlpha: 'none', colorSpaceConversion: 'none' });
    await model.classify(bitmap, { topK: 5 });
    this.decoded = { photo, model, bitmap };
    return bitmap;
  }
}
