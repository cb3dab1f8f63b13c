/** Pictures made of numbers: the network's input, and the class activation map over it. */
import type { Explanation, Tensor } from '../library.ts';

// From the ImageNet training recipe, on the 0..1 scale. Nearly every network of the family was trained with these.
const MEAN = [0.485, 0.456, 0.406];
const STD = [0.229, 0.224, 0.225];

const HEAT_PX = 256;

function context(canvas: HTMLCanvasElement): CanvasRenderingContext2D {
  const found = canvas.getContext('2d');
  if (!found) throw new Error('The browser gives no 2D canvas.');
  return found;
}

/** To RGBA bytes. Inputs that cannot be from an ImageNet recipe (BGR, raw 0..255) are stretched to their own range. */
function toPixels({ data, shape }: Tensor): ImageData {
  const [, channels = 0, height = 0, width = 0] = shape;
  const image = new ImageData(width, height);
  const size = width * height;
  let low = Number.POSITIVE_INFINITY;
  let high = Number.NEGATIVE_INFINITY;
  for (const value of data) {
    low = Math.min(low, value);
    high = Math.max(high, value);
  }
  const recipe = low >= -2.2 && high <= 2.7;
  for (let channel = 0; channel < 3; channel += 1) {
    const plane = Math.min(channel, channels - 1) * size;
    const scale = recipe ? (STD[channel] ?? 1) : 1 / (high - low || 1);
    const shift = recipe ? (MEAN[channel] ?? 0) : -low * scale;
    for (let at = 0; at < size; at += 1) image.data[at * 4 + channel] = ((data[plane + at] ?? 0) * scale + shift) * 255;
  }
  for (let at = 3; at < image.data.length; at += 4) image.data[at] = 255;
  return image;
}

function canvasOf(image: ImageData, canvas = document.createElement('canvas')): HTMLCanvasElement {
  canvas.width = image.width;
  canvas.height = image.height;
  context(canvas).putImageData(image, 0, 0);
  return canvas;
}

export function drawTensor(canvas: HTMLCanvasElement, tensor: Tensor): void {
  canvasOf(toPixels(tensor), canvas);
}

/** The square centre of a picture. */
export function drawSquare(canvas: HTMLCanvasElement, bitmap: ImageBitmap): void {
  const { width, height } = bitmap;
  const edge = Math.min(width, height);
  canvas.getContext('2d')?.drawImage(bitmap, (width - edge) / 2, (height - edge) / 2, edge, edge, 0, 0, canvas.width, canvas.height);
}

/** One transparent pixel. */
const NOTHING = 'data:image/gif;base64,R0lGODlhAQABAAAAACH5BAEKAAEALAAAAAABAAEAAAICTAEAOw==';

/** A picture that cannot be decoded is an empty frame. Chromium's icon for it has text, Firefox' a border. */
export function blankIfUnreadable(image: HTMLImageElement): void {
  image.addEventListener('error', () => {
    if (image.src !== NOTHING) image.src = NOTHING;
  });
}

/** From transparent through the accent's orange to pale yellow; [position, red, green, blue, alpha]. */
const RAMP = [
  [0, 217, 72, 15, 0],
  [0.3, 217, 72, 15, 0.12],
  [0.7, 240, 120, 30, 0.5],
  [1, 255, 221, 130, 0.85],
] as const;

function heatColour(value: number): [number, number, number, number] {
  const above = Math.max(
    1,
    RAMP.findIndex(([place]) => place >= value),
  );
  const low = RAMP[above - 1] ?? RAMP[0];
  const high = RAMP[above] ?? RAMP[3];
  const mix = (value - low[0]) / (high[0] - low[0]);
  const at = (index: 1 | 2 | 3 | 4) => low[index] + (high[index] - low[index]) * mix;
  return [at(1), at(2), at(3), at(4) * 255];
}

export function drawHeat(canvas: HTMLCanvasElement, seen: Tensor, heat: Explanation): void {
  canvas.width = HEAT_PX;
  canvas.height = HEAT_PX;
  // Done on pixels instead of with the canvas's `filter`, which Safari lacks.
  const grey = toPixels(seen);
  for (let at = 0; at < grey.data.length; at += 4) {
    const [red = 0, green = 0, blue = 0] = grey.data.subarray(at, at + 3);
    grey.data.fill((0.299 * red + 0.587 * green + 0.114 * blue) * 0.8, at, at + 3);
  }
  const base = canvasOf(grey);
  const map = new ImageData(heat.width, heat.height);
  for (const [at, value] of heat.data.entries()) map.data.set(heatColour(Math.min(1, Math.max(0, value))), at * 4);

  const paint = context(canvas);
  paint.imageSmoothingEnabled = false;
  paint.drawImage(base, 0, 0, HEAT_PX, HEAT_PX);
  paint.imageSmoothingEnabled = true;
  paint.imageSmoothingQuality = 'high';
  paint.drawImage(canvasOf(map), 0, 0, HEAT_PX, HEAT_PX);
}

export function clearCanvas(canvas: HTMLCanvasElement): void {
  context(canvas).clearRect(0, 0, canvas.width, canvas.height);
}
