/** The tab's camera: a picture again and again, for a live verdict. */
import { cameraProblem } from '../logic/problem.ts';

export class Camera {
  readonly #video: HTMLVideoElement;
  readonly #look: (video: HTMLVideoElement) => Promise<void>;
  #stream: MediaStream | undefined;

  constructor(video: HTMLVideoElement, look: (video: HTMLVideoElement) => Promise<void>) {
    this.#video = video;
    this.#look = look;
  }

  get isOn(): boolean {
    return this.#stream !== undefined;
  }

  async start(): Promise<void> {
    try {
      if (!navigator.mediaDevices) throw new DOMException('no mediaDevices', 'SecurityError');
      this.#stream = await navigator.mediaDevices.getUserMedia({
        audio: false,
        video: { facingMode: 'environment', width: { ideal: 640 } },
      });
      this.#video.srcObject = this.#stream;
      await this.#video.play();
    } catch (error) {
      this.stop();
      if (!(error instanceof DOMException)) throw error;
      const { what, remedy } = cameraProblem(error);
      throw Object.assign(new Error(`${what} ${remedy}`), { code: 'camera', hint: remedy });
    }
    this.#follow();
  }

  async #follow(): Promise<void> {
    while (this.#stream) {
      await this.#look(this.#video);
      await new Promise(requestAnimationFrame);
    }
  }

  stop(): void {
    for (const track of this.#stream?.getTracks() ?? []) track.stop();
    this.#stream = undefined;
    this.#video.srcObject = null;
  }
}
