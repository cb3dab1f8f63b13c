/** Moving pictures in a video element: the camera with its permission, or a file. Also their release. */

export interface CameraRun {
  /** Resolves when the camera has stopped, for any reason. Rejects if a frame failed. */
  ended: Promise<void>;
  stop(): void;
}

/** @param follow processes the video until the signal fires */
export async function startCamera(video: HTMLVideoElement, follow: (signal: AbortSignal) => Promise<void>): Promise<CameraRun> {
  if (!navigator.mediaDevices) throw new DOMException('no mediaDevices', 'SecurityError');
  const stream = await navigator.mediaDevices.getUserMedia({ audio: false, video: { facingMode: 'environment', width: { ideal: 640 } } });
  const stopper = new AbortController();
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
  return followed(follow, stopper, release);
}

/** @throws if the browser cannot play it */
export async function startFile(video: HTMLVideoElement, file: File, follow: (signal: AbortSignal) => Promise<void>): Promise<CameraRun> {
  const url = URL.createObjectURL(file);
  const release = () => {
    video.pause();
    video.removeAttribute('src');
    video.load();
    URL.revokeObjectURL(url);
  };
  try {
    video.src = url;
    await video.play();
  } catch (error) {
    release();
    throw error;
  }
  return followed(follow, new AbortController(), release);
}

function followed(follow: (signal: AbortSignal) => Promise<void>, stopper: AbortController, release: () => void): CameraRun {
  return { ended: follow(stopper.signal).finally(release), stop: () => stopper.abort() };
}
