/** The camera and video files: classifies frame after frame, and shows the time of each. */
import { type CameraRun, startCamera, startFile } from './camera.ts';
import type { Model, Prediction } from './library.ts';
import { follow } from './logic/follow.ts';
import { isAbort } from './logic/problem.ts';
import { summarize } from './logic/timing.ts';
import { announce } from './view/dom.ts';
import { showEvidence, showPredictions, showTiming } from './view/result.ts';
import { showFrameRate, showVideo, video } from './view/stage.ts';

const RECENT = 60;
/** Reading back the network's input costs a second run. Twice a second is enough for a viewer. */
const EVIDENCE_MS = 500;
const QUICK_MS = 60;
/** A label is spoken if it has not changed for this long. */
const SPOKEN_MS = 1500;

export class Live {
  private run: CameraRun | undefined;
  /** While the browser asks for permission. */
  private starting = false;
  private readonly modelInUse: () => Model | undefined;

  constructor(modelInUse: () => Model | undefined) {
    this.modelInUse = modelInUse;
  }

  get isOn(): boolean {
    return this.run !== undefined;
  }

  /** Resolves when the video element is free again. */
  async stop(): Promise<void> {
    this.run?.stop();
    await this.run?.ended.catch(() => undefined);
  }

  private follow(session: LiveReadings, signal: AbortSignal): Promise<void> {
    const streamed = (model: Model) =>
      model.stream(video, (predictions, { latency }) => session.read(model, predictions, latency, signal), { signal });
    return follow(this.modelInUse, streamed, () => new Promise(requestAnimationFrame), signal);
  }

  /**
   * Resolves when the video has ended or was stopped.
   * @param file a video. Without it, the camera is used
   */
  async start(file: File | undefined, onStarted: () => void): Promise<void> {
    if (this.starting) return;
    this.starting = true;
    const session = new LiveReadings(file?.name ?? 'Camera');
    const follow = (signal: AbortSignal) => this.follow(session, signal);
    try {
      this.run = file ? await startFile(video, file, follow) : await startCamera(video, follow);
    } finally {
      this.starting = false;
    }
    try {
      showVideo(file?.name);
      onStarted();
      await this.run.ended;
    } catch (error) {
      if (!isAbort(error)) throw error;
    } finally {
      this.run = undefined;
    }
  }
}

/** What is known about the frames so far. */
class LiveReadings {
  private readonly source: string;
  private readonly runs: number[] = [];
  private readonly stamps: number[] = [];
  private evidenceAt = 0;
  private spoken = '';
  private candidate = { label: '', since: 0 };

  constructor(source: string) {
    this.source = source;
  }

  async read(model: Model, predictions: Prediction[], latency: number, signal: AbortSignal): Promise<void> {
    const end = performance.now();
    showPredictions(predictions);
    this.measure(latency, end);
    const label = predictions[0]?.label ?? '';
    this.speak(label, end);
    if (end - this.evidenceAt < EVIDENCE_MS) return;
    this.evidenceAt = end;
    // A class activation map is a third run. It is only computed if that is quick.
    const quick = this.runs.length > 4 && summarize(this.runs).median < QUICK_MS;
    const heat = quick ? await model.explain(video).catch(() => null) : undefined;
    const seen = await model.preprocess(video);
    if (!signal.aborted) showEvidence({ seen, heat }, heat ? label : undefined);
  }

  private measure(latency: number, end: number): void {
    this.runs.push(latency);
    this.stamps.push(end);
    if (this.runs.length > RECENT) this.runs.shift();
    if (this.stamps.length > RECENT) this.stamps.shift();
    showTiming(summarize(this.runs), 'recent pictures');
    const first = this.stamps[0] ?? end;
    if (end > first) showFrameRate(((this.stamps.length - 1) * 1000) / (end - first));
  }

  private speak(label: string, now: number): void {
    if (label !== this.candidate.label) this.candidate = { label, since: now };
    else if (label !== this.spoken && now - this.candidate.since > SPOKEN_MS) {
      this.spoken = label;
      announce(`${this.source}: ${label}`);
    }
  }
}
