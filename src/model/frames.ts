/** Processes the newest frame again and again, without a queue of old ones. */

import type { ClassifyOptions, FrameInfo, FrameSource, ImageSource, Prediction } from '../api/types.ts';
import { ResnetError } from '../util/errors.ts';

/** One frame is computed while the next is decoded and uploaded. A third one would be old when its turn comes. */
const MAX_IN_FLIGHT = 2;

export type Classify = (image: ImageSource, options: ClassifyOptions) => Promise<Prediction[]>;

/** See Model.stream. */
export async function stream(
  classify: Classify,
  source: FrameSource,
  onResult: (predictions: Prediction[], info: FrameInfo) => void | Promise<void>,
  { signal, ...options }: ClassifyOptions = {},
): Promise<void> {
  if (typeof onResult !== 'function') {
    throw new ResnetError('usage', 'There is no function that takes the results.', {
      layer: 'onResult',
      hint: 'Pass a function that takes predictions.',
    });
  }
  // Ends with the caller's signal, or with the first failure.
  const ending = new AbortController();
  const end = () => ending.abort();
  signal?.addEventListener('abort', end);
  if (signal?.aborted) end();
  const frames = typeof source === 'function' ? new PulledFrames(source) : new VideoFrames(source, ending.signal);
  const inFlight = new Set<Promise<void>>();
  let delivered: Promise<void> = Promise.resolve();
  let failure: { error: unknown } | undefined;
  let count = 0;

  const process = async (image: ImageSource, taken: number, info: Pick<FrameInfo, 'frame' | 'dropped'>, before: Promise<void>) => {
    try {
      const predictions = await classify(image, { ...options, signal: ending.signal });
      await before;
      if (!ending.signal.aborted) await onResult(predictions, { ...info, latency: performance.now() - taken });
    } catch (error) {
      // An error that the end itself caused is not a failure.
      if (!ending.signal.aborted) failure ??= { error };
      end();
    } finally {
      if (typeof source === 'function') closeFrame(image);
    }
  };

  try {
    while (!ending.signal.aborted) {
      if (inFlight.size === MAX_IN_FLIGHT) await Promise.race(inFlight);
      const next = frames.next();
      const image = await untilAborted(next, ending.signal);
      if (ending.signal.aborted && typeof source === 'function') next.then(closeFrame, () => undefined);
      if (image === undefined || ending.signal.aborted) break;
      const running = process(image, performance.now(), { frame: count++, dropped: frames.dropped }, delivered);
      delivered = running;
      inFlight.add(running);
      running.then(() => inFlight.delete(running));
    }
    await delivered;
  } finally {
    end();
    frames.stop();
    signal?.removeEventListener('abort', end);
    await Promise.all(inFlight);
  }
  if (failure) throw failure.error;
}

interface Frames {
  /** Frames that arrived but were not used. */
  readonly dropped: number;
  /** The newest unused frame, or the next one. Undefined after the last. */
  next(): Promise<ImageSource | undefined>;
  stop(): void;
}

/** Frames that are made on request. */
class PulledFrames implements Frames {
  readonly dropped = 0;
  readonly #pull: Exclude<FrameSource, HTMLVideoElement>;

  constructor(pull: Exclude<FrameSource, HTMLVideoElement>) {
    this.#pull = pull;
  }

  async next(): Promise<ImageSource | undefined> {
    return this.#pull();
  }

  stop(): void {}
}

/** How often to check that a camera is still running while no frame comes. stop() of a track sends no event. */
const TRACK_INTERVAL_MS = 200;

/** Frames of a video. A video only has its newest frame, so a frame that is not used in time is lost. */
class VideoFrames implements Frames {
  dropped = 0;
  readonly #video: HTMLVideoElement;
  readonly #signal: AbortSignal;
  #fresh = false;
  /** What the video showed before the first frame came. */
  #still = true;
  #over = false;
  #wake: (() => void) | undefined;
  #handle = 0;

  constructor(video: HTMLVideoElement, signal: AbortSignal) {
    this.#video = video;
    this.#signal = signal;
    // A paused video also shows a frame.
    this.#fresh = video.readyState >= 2;
    for (const event of ['ended', 'error', 'emptied']) video.addEventListener(event, this.#end);
    this.#listen();
  }

  #end = (): void => {
    this.#over = true;
    this.#wake?.();
  };

  #listen(): void {
    const video = this.#video;
    // Firefox before 132 has no requestVideoFrameCallback, and there every frame of the page counts as one of the video.
    const arrived = () => {
      if (this.#signal.aborted) return;
      if (this.#hasStopped()) return this.#end();
      if (this.#fresh && !this.#still) this.dropped++;
      this.#fresh = true;
      this.#still = false;
      this.#wake?.();
      this.#listen();
    };
    this.#handle = 'requestVideoFrameCallback' in video ? video.requestVideoFrameCallback(arrived) : requestAnimationFrame(arrived);
  }

  /** Whether it shows a camera or another stream without a live track. The video itself stays unchanged. */
  #hasStopped(): boolean {
    const stream = this.#video.srcObject;
    const tracks = stream && 'getVideoTracks' in stream ? stream.getVideoTracks() : [];
    return tracks.length > 0 && tracks.every(({ readyState }) => readyState === 'ended');
  }

  async next(): Promise<ImageSource | undefined> {
    while (!this.#fresh) {
      if (this.#over || this.#video.ended || this.#hasStopped()) return undefined;
      let timer: ReturnType<typeof setTimeout> | undefined;
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
        if (this.#video.srcObject) timer = setTimeout(resolve, TRACK_INTERVAL_MS);
      });
      clearTimeout(timer);
    }
    this.#fresh = false;
    return this.#video;
  }

  stop(): void {
    const video = this.#video;
    for (const event of ['ended', 'error', 'emptied']) video.removeEventListener(event, this.#end);
    if ('cancelVideoFrameCallback' in video) video.cancelVideoFrameCallback(this.#handle);
    else cancelAnimationFrame(this.#handle);
    this.#wake?.();
  }
}

/** A camera stalls if its frames are not closed. */
function closeFrame(image: ImageSource | undefined): void {
  if (Object.prototype.toString.call(image) === '[object VideoFrame]') (image as VideoFrame).close();
}

/** Undefined as soon as the signal fires. */
function untilAborted<T>(promise: Promise<T>, signal: AbortSignal): Promise<T | undefined> {
  return new Promise((resolve, reject) => {
    const stop = () => resolve(undefined);
    signal.addEventListener('abort', stop, { once: true });
    promise.then(resolve, reject).finally(() => signal.removeEventListener('abort', stop));
    if (signal.aborted) stop();
  });
}
