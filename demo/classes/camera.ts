/** The tab's camera: takes pictures repeatedly, for a live verdict. */
import { cameraProblem } from '../logic/problem.ts';

export class Camera {
  readonly #video: HTMLVideoElement;
  readonly #look: (video: HTMLVideoElement) => Promise<void>;
  readonly #ended: () => void;
  #stream: MediaStream | undefined;

  /** @param ended called when the camera stops by itself: unplugged, or no longer allowed */
  constructor(video: HTMLVideoElement, look: (video: HTMLVideoElement) => Promise<void>, ended: () => void) {
    this.#video = video;
    this.#look = look;
    this.#ended = ended;
  }

  get isOn(): boolean {
    return this.#stream !== undefined;
  }

  async start(): Promise<void> {
    try {
      if (!navigator.mediaDevices) throw new DOMException('no mediaDevices', 'SecurityError');
      const stream = await navigator.mediaDevices.getUserMedia({
        audio: false,
        video: { facingMode: 'environment', width: { ideal: 640 } },
      });
      this.#stream = stream;
      for (const track of stream.getTracks()) track.addEventListener('ended', () => this.#goes(stream));
      this.#video.srcObject = stream;
      await this.#video.play();
      this.#follow(stream);
    } catch (error) {
      this.stop();
      if (!(error instanceof DOMException)) throw error;
      const { what, remedy } = cameraProblem(error);
      throw Object.assign(new Error(`${what} ${remedy}`), { code: 'camera', hint: remedy });
    }
  }

  /** Not again if it was stopped and started meanwhile. */
  async #follow(stream: MediaStream): Promise<void> {
    while (this.#stream === stream) {
      await this.#look(this.#video);
      await new Promise(requestAnimationFrame);
    }
  }

  #goes(stream: MediaStream): void {
    if (this.#stream !== stream) return;
    this.stop();
    this.#ended();
  }

  stop(): void {
    for (const track of this.#stream?.getTracks() ?? []) track.stop();
    this.#stream = undefined;
    this.#video.srcObject = null;
  }
}
