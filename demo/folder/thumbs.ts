/** Thumbnails for the visible rows. Each row in the page has a small canvas, and there are no others. */
import { drawSquare } from '../view/pixels.ts';

/** Decoding a photo takes tens of milliseconds and memory for its pixels. The network needs both, too. */
const AT_ONCE = 2;
/** If the user scrolls on, the skipped rows are not needed. */
const SETTLED_MS = 60;

export class Thumbs {
  private readonly wanted = new Map<HTMLCanvasElement, File>();
  private readonly shown = new WeakMap<HTMLCanvasElement, File>();
  private busy = 0;
  private timer = 0;

  draw(canvas: HTMLCanvasElement, file: File): void {
    if (this.shown.get(canvas) === file || this.wanted.get(canvas) === file) return;
    this.clear(canvas);
    this.wanted.set(canvas, file);
    clearTimeout(this.timer);
    this.timer = window.setTimeout(() => this.next(), SETTLED_MS);
  }

  clear(canvas: HTMLCanvasElement): void {
    this.wanted.delete(canvas);
    if (!this.shown.delete(canvas)) return;
    canvas.getContext('2d')?.clearRect(0, 0, canvas.width, canvas.height);
  }

  private next(): void {
    for (const [canvas, file] of this.wanted) {
      if (this.busy >= AT_ONCE) return;
      this.wanted.delete(canvas);
      this.shown.set(canvas, file);
      this.busy++;
      this.paint(canvas, file).finally(() => {
        this.busy--;
        this.next();
      });
    }
  }

  private async paint(canvas: HTMLCanvasElement, file: File): Promise<void> {
    try {
      const bitmap = await createImageBitmap(file);
      if (this.shown.get(canvas) === file) drawSquare(canvas, bitmap);
      bitmap.close();
    } catch {
      // Its row will show the error.
    }
  }
}
