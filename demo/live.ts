/** The camera mode: labels for frame after frame, with the time that each took. */
import { type CameraRun, startCamera } from './camera.ts';
import type { Model } from './library.ts';
import { isAbort } from './logic/problem.ts';
import { summarize } from './logic/timing.ts';
import { announce } from './view/dom.ts';
import { showEvidence, showPredictions, showTiming } from './view/result.ts';
import { showFrameRate, showVideo, video } from './view/stage.ts';

const RECENT = 60;
/** The picture of the network's input costs a second run and a large read-back: twice a second is plenty to look at. */
const EVIDENCE_MS = 500;
const QUICK_MS = 60;
/** A label is spoken once it has stood for this long. */
const SPOKEN_MS = 1500;

export class Live {
  private run: CameraRun | undefined;
  private readonly modelInUse: () => Model | undefined;

  constructor(modelInUse: () => Model | undefined) {
    this.modelInUse = modelInUse;
  }

  get isOn(): boolean {
    return this.run !== undefined;
  }

  stop(): void {
    this.run?.stop();
  }

  /** Resolves when the camera has stopped. */
  async start(onStarted: () => void): Promise<void> {
    const runs: number[] = [];
    const stamps: number[] = [];
    let evidenceAt = 0;
    let spoken = '';
    let candidate = { label: '', since: 0 };

    this.run = await startCamera(video, async (signal) => {
      const model = this.modelInUse();
      if (!model) return;
      const start = performance.now();
      const predictions = await model.classify(video, { topK: 5, signal });
      const end = performance.now();
      if (signal.aborted) return;
      runs.push(end - start);
      stamps.push(end);
      if (runs.length > RECENT) runs.shift();
      if (stamps.length > RECENT) stamps.shift();
      showPredictions(predictions);
      showTiming(summarize(runs), 'recent pictures');
      const first = stamps[0] ?? end;
      if (end > first) showFrameRate(((stamps.length - 1) * 1000) / (end - first));

      const label = predictions[0]?.label ?? '';
      if (label !== candidate.label) candidate = { label, since: end };
      else if (label !== spoken && end - candidate.since > SPOKEN_MS) {
        spoken = label;
        announce(`Camera: ${label}`);
      }
      if (end - evidenceAt > EVIDENCE_MS) {
        evidenceAt = end;
        // A class activation map is a third run: only where that is no more than a blink.
        const heat = runs.length > 4 && summarize(runs).median < QUICK_MS ? await model.explain(video).catch(() => null) : undefined;
        showEvidence({ seen: await model.preprocess(video), heat }, heat ? label : undefined);
      }
    });
    try {
      showVideo();
      onStarted();
      await this.run.ended;
    } catch (error) {
      if (!isAbort(error)) throw error;
    } finally {
      this.run = undefined;
    }
  }
}
