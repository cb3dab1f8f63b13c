/** Small pictures of each class's examples. The classifier only keeps embeddings, and so do saved classes. */
import { make } from '../view/dom.ts';
import { drawSquare } from '../view/pixels.ts';

/** Only the latest ones. More would push the next class off a phone's screen. */
const SHOWN = 8;
const EDGE_PX = 80;

export type Source = Blob | HTMLVideoElement;

export class Pictures {
  readonly #shown = new Map<string, HTMLCanvasElement[]>();

  async add(label: string, sources: readonly Source[]): Promise<void> {
    const added = await Promise.all(sources.slice(-SHOWN).map(pictureOf));
    const all = [...this.of(label), ...added.filter((canvas) => canvas !== undefined)];
    this.#shown.set(label, all.slice(-SHOWN));
  }

  of(label: string): readonly HTMLCanvasElement[] {
    return this.#shown.get(label) ?? [];
  }

  remove(label: string): void {
    this.#shown.delete(label);
  }

  clear(): void {
    this.#shown.clear();
  }
}

/** Undefined if the browser cannot make a bitmap of it, for example of an SVG without a size. */
export async function pictureOf(source: Source): Promise<HTMLCanvasElement | undefined> {
  try {
    const bitmap = await createImageBitmap(source);
    const canvas = make('canvas', 'classes-picture');
    canvas.width = canvas.height = EDGE_PX;
    canvas.ariaHidden = 'true';
    drawSquare(canvas, bitmap);
    bitmap.close();
    return canvas;
  } catch {
    return undefined;
  }
}
