/** Small pictures of what each class was shown. The classifier keeps embeddings only, and so do saved classes. */
import { make } from '../view/dom.ts';
import { drawSquare } from '../view/pixels.ts';

/** The latest ones; more would push the next class off a phone. */
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

/** Nothing where the browser makes no bitmap of it, as of an SVG without a size. */
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
