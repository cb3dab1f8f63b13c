/**
 * The camera, frame by frame. The next frame is asked for only after the last one has its labels: at most one
 * inference is in flight, and the frames that came meanwhile are dropped instead of queueing up.
 */

export interface CameraRun {
  /** Resolves when the camera has stopped, for whatever reason; rejects where a frame failed. */
  ended: Promise<void>;
  stop(): void;
}

export async function startCamera(video: HTMLVideoElement, onFrame: (signal: AbortSignal) => Promise<void>): Promise<CameraRun> {
  if (!navigator.mediaDevices) throw new DOMException('no mediaDevices', 'SecurityError');
  const stream = await navigator.mediaDevices.getUserMedia({ audio: false, video: { facingMode: 'environment', width: { ideal: 640 } } });
  const stopper = new AbortController();
  const { signal } = stopper;
  for (const track of stream.getTracks()) track.addEventListener('ended', () => stopper.abort());
  const release = () => {
    for (const track of stream.getTracks()) track.stop();
    video.srcObject = null;
  };
  try {
    video.srcObject = stream;
    await video.play();
  } catch (error) {
    release();
    throw error;
  }
  const ended = (async () => {
    try {
      for (;;) {
        await nextFrame(video, signal);
        if (signal.aborted) return;
        await onFrame(signal);
      }
    } finally {
      release();
    }
  })();
  return { ended, stop: () => stopper.abort() };
}

function nextFrame(video: HTMLVideoElement, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const done = () => resolve();
    signal.addEventListener('abort', done, { once: true });
    const arrived = () => {
      signal.removeEventListener('abort', done);
      resolve();
    };
    // Firefox before 132 has no requestVideoFrameCallback.
    if ('requestVideoFrameCallback' in video) video.requestVideoFrameCallback(arrived);
    else requestAnimationFrame(arrived);
  });
}
