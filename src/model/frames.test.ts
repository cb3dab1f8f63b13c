import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { FrameInfo, ImageSource, Prediction } from '../api/types.ts';
import { stream } from './frames.ts';

const frame = (id: number) => ({ data: new Uint8Array(4), width: 1, height: 1, id });
const idOf = (image: ImageSource) => (image as unknown as { id: number }).id;
const prediction = (index: number): Prediction[] => [{ label: `${index}`, index, probability: 1 }];
const tick = () => new Promise<void>((resolve) => setTimeout(resolve));

/** A network whose calls end when the test says so. */
function network() {
  const waiting: { id: number; finish: () => void; fail: (error: Error) => void }[] = [];
  let most = 0;
  return {
    waiting,
    get most() {
      return most;
    },
    classify: (image: ImageSource) =>
      new Promise<Prediction[]>((resolve, reject) => {
        const call = { id: idOf(image), finish: () => done(() => resolve(prediction(call.id))), fail: (e: Error) => done(() => reject(e)) };
        const done = (settle: () => void) => {
          waiting.splice(waiting.indexOf(call), 1);
          settle();
        };
        waiting.push(call);
        most = Math.max(most, waiting.length);
      }),
  };
}

/** A video element as far as the stream looks at it; `show` puts up the next frame. */
class FakeVideo extends EventTarget {
  srcObject: { getVideoTracks: () => { readyState: string }[] } | null = null;
  readyState = 0;
  ended = false;
  id = -1;
  callbacks = new Map<number, () => void>();
  #next = 1;

  requestVideoFrameCallback(callback: () => void): number {
    this.callbacks.set(this.#next, callback);
    return this.#next++;
  }

  cancelVideoFrameCallback(handle: number): void {
    this.callbacks.delete(handle);
  }

  async show(id: number): Promise<void> {
    this.id = id;
    this.readyState = 4;
    const callbacks = [...this.callbacks.values()];
    this.callbacks.clear();
    for (const callback of callbacks) callback();
    await tick();
  }

  async end(): Promise<void> {
    this.ended = true;
    this.dispatchEvent(new Event('ended'));
    await tick();
  }
}

const asVideo = (video: FakeVideo) => video as unknown as HTMLVideoElement;

describe('a function of frames', () => {
  it('is asked for the next frame when fewer than two are under way, and ends the stream with undefined', async () => {
    const net = network();
    let made = 0;
    const results: number[] = [];
    const running = stream(
      net.classify,
      () => (made < 5 ? frame(made++) : undefined),
      ([best]) => {
        results.push(best?.index ?? -1);
      },
    );
    await tick();
    expect([made, net.waiting.length]).toEqual([2, 2]);
    while (results.length < 5) {
      net.waiting[0]?.finish();
      await tick();
    }
    await running;
    expect(results).toEqual([0, 1, 2, 3, 4]);
    expect(net.most).toBe(2);
  });

  it('gets its results in the order of the frames, each before the next is begun', async () => {
    const net = network();
    let made = 0;
    const results: number[] = [];
    let release: () => void = () => undefined;
    const running = stream(
      net.classify,
      () => (made < 4 ? frame(made++) : undefined),
      async ([best]) => {
        results.push(best?.index ?? -1);
        await new Promise<void>((resolve) => {
          release = resolve;
        });
      },
    );
    await tick();
    net.waiting[1]?.finish();
    await tick();
    expect(results).toEqual([]);
    net.waiting[0]?.finish();
    await tick();
    // The receiver is busy with the first: both frames count as under way.
    expect([results, made]).toEqual([[0], 2]);
    release();
    await tick();
    expect([results, made]).toEqual([[0, 1], 3]);
    for (let i = 0; i < 4; i++) {
      release();
      net.waiting[0]?.finish();
      await tick();
    }
    await running;
    expect(results).toEqual([0, 1, 2, 3]);
  });

  it('closes the VideoFrames that it is given, also after an abort', async () => {
    const net = network();
    const frames: { closed: number }[] = [];
    const source = async () => {
      await tick();
      const made = { id: frames.length, closed: 0, close: () => made.closed++, [Symbol.toStringTag]: 'VideoFrame' };
      frames.push(made);
      return made as unknown as VideoFrame;
    };
    const controller = new AbortController();
    const running = stream(net.classify, source, () => undefined, { signal: controller.signal });
    while (net.waiting.length < 2) await tick();
    net.waiting[0]?.finish();
    await tick();
    controller.abort();
    for (const call of [...net.waiting]) call.fail(new Error('aborted'));
    await running;
    await tick();
    await tick();
    expect(frames.length).toBeGreaterThan(2);
    expect(frames.map(({ closed }) => closed)).toEqual(frames.map(() => 1));
  });

  it('fails with the first failure, of a frame, of the receiver or of the source, and stops the other', async () => {
    const net = network();
    const failing = stream(
      net.classify,
      () => frame(1),
      () => undefined,
    );
    await tick();
    net.waiting[0]?.fail(new Error('no pixels'));
    net.waiting[0]?.fail(new Error('later'));
    await expect(failing).rejects.toThrow('no pixels');

    const refusing = stream(
      async () => prediction(1),
      () => frame(1),
      () => {
        throw new Error('no room');
      },
    );
    await expect(refusing).rejects.toThrow('no room');
    const broken = stream(
      async () => prediction(1),
      () => Promise.reject(new Error('no camera')),
      () => undefined,
    );
    await expect(broken).rejects.toThrow('no camera');
    const nobody = undefined as unknown as () => void;
    await expect(
      stream(
        async () => prediction(1),
        () => frame(1),
        nobody,
      ),
    ).rejects.toMatchObject({ code: 'usage', layer: 'onResult' });
  });

  it('ends immediately where the signal fired before, and passes options on', async () => {
    const classify = vi.fn(async () => prediction(1));
    await stream(
      classify,
      () => frame(1),
      () => undefined,
      { signal: AbortSignal.abort() },
    );
    expect(classify).not.toHaveBeenCalled();
    let left = 1;
    await stream(
      classify,
      () => (left-- ? frame(1) : undefined),
      () => undefined,
      { topK: 3, background: true },
    );
    expect(classify).toHaveBeenCalledWith(expect.anything(), expect.objectContaining({ topK: 3, background: true }));
  });
});

describe('a video', () => {
  beforeEach(() => {
    vi.stubGlobal('requestAnimationFrame', () => 0);
  });
  afterEach(() => vi.unstubAllGlobals());

  it('has its newest frame classified, two at most, and counts those that were passed over', async () => {
    const net = network();
    const video = new FakeVideo();
    const results: [number, FrameInfo][] = [];
    const controller = new AbortController();
    const running = stream(net.classify, asVideo(video), ([best], info) => void results.push([best?.index ?? -1, info]), {
      signal: controller.signal,
    });
    await tick();
    expect(net.waiting).toEqual([]);
    for (let id = 1; id <= 6; id++) await video.show(id);
    expect(net.waiting.map(({ id }) => id)).toEqual([1, 2]);
    net.waiting[0]?.finish();
    await tick();
    // Not frame 3: nobody wants to see that any more.
    expect(net.waiting.map(({ id }) => id)).toEqual([2, 6]);
    net.waiting[0]?.finish();
    net.waiting[0]?.finish();
    await tick();
    expect(net.waiting).toEqual([]);
    await video.show(7);
    net.waiting[0]?.finish();
    await tick();
    expect(results.map(([id, { frame, dropped }]) => [id, frame, dropped])).toEqual([
      [1, 0, 0],
      [2, 1, 0],
      [6, 2, 3],
      [7, 3, 3],
    ]);
    expect(net.most).toBe(2);
    controller.abort();
    await running;
    expect(video.callbacks.size).toBe(0);
  });

  it('is classified once where it stands still, and ends the stream with its end', async () => {
    const video = new FakeVideo();
    video.readyState = 4;
    video.id = 9;
    const results: number[] = [];
    const running = stream(
      async (image) => prediction(idOf(image)),
      asVideo(video),
      ([best]) => void results.push(best?.index ?? -1),
    );
    await tick();
    expect(results).toEqual([9]);
    await video.show(10);
    await video.end();
    await running;
    expect(results).toEqual([9, 10]);
    expect(video.callbacks.size).toBe(0);
  });

  it('ends with the last track of its camera, of which no event tells', async () => {
    const tracks = [{ readyState: 'live' }, { readyState: 'ended' }];
    for (const playsOn of [false, true]) {
      const video = new FakeVideo();
      video.srcObject = { getVideoTracks: () => tracks };
      for (const track of tracks) track.readyState = 'live';
      const results: number[] = [];
      const running = stream(
        async (image) => prediction(idOf(image)),
        asVideo(video),
        ([best]) => void results.push(best?.index ?? -1),
      );
      await tick();
      await video.show(1);
      tracks.forEach((track, i) => {
        track.readyState = i === 0 ? 'live' : 'ended';
      });
      await video.show(2);
      for (const track of tracks) track.readyState = 'ended';
      // As with requestAnimationFrame, which goes on.
      if (playsOn) await video.show(3);
      await running;
      expect(results).toEqual([1, 2]);
      expect(video.callbacks.size).toBe(0);
    }
  });

  it('says nothing more after an abort', async () => {
    const net = network();
    const video = new FakeVideo();
    const onResult = vi.fn();
    const controller = new AbortController();
    const running = stream(net.classify, asVideo(video), onResult, { signal: controller.signal });
    await tick();
    await video.show(1);
    controller.abort();
    net.waiting[0]?.finish();
    await running;
    expect(onResult).not.toHaveBeenCalled();
  });
});
