/** The camera: permission, the stream in a video element, and its release. */

export interface CameraRun {
  /** Resolves when the camera has stopped, for whatever reason; rejects where a frame failed. */
  ended: Promise<void>;
  stop(): void;
}

/** @param follow looks at the video until the signal fires */
export async function startCamera(video: HTMLVideoElement, follow: (signal: AbortSignal) => Promise<void>): Promise<CameraRun> {
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
  const ended = follow(signal).finally(release);
  return { ended, stop: () => stopper.abort() };
}
