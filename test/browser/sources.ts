/** Every kind of image that a page may hand over, and the traps of files, against Pillow's bytes (test/preprocess/make_files.py). */

import type { ImageSource } from '../../src/api/types.ts';
import { ResnetError } from '../../src/util/errors.ts';
import type { BrowserCase, Context, List } from '../harness/case.ts';
import { type Picture, pixelsOf } from '../harness/pixels.ts';

const folder = 'test/preprocess/files';

export const list: List = async (context) => {
  const json = await context.json<Record<string, { width: number; height: number; rgb: string }>>(`${folder}/expected.json`);
  const expected = new Map(
    Object.entries(json).map(([name, { rgb, ...size }]) => [name, { ...size, rgb: Uint8Array.from(atob(rgb), (c) => c.charCodeAt(0)) }]),
  );
  const named = (name: string, run: BrowserCase['run']): BrowserCase => ({ name: `sources/${name}`, run });
  return [
    ...[...expected].map(([file, picture]) => named(`file ${file}`, () => checkFile(context, file, picture))),
    ...[...expected].map(([file, picture]) => named(`<img> ${file}`, () => checkElement(context, file, picture))),
    ...Object.entries(kinds).map(([kind, make]) => named(kind, () => checkKind(context, kind, make))),
    ...Object.entries(refusals).map(([what, make]) => named(`refuses ${what}`, () => checkRefusal(context, make))),
    named('works in a worker', () => checkWorker(expected.get('alpha.png'))),
    named('a PNG that is called a JPEG', () => checkMisnamed(context, expected.get('alpha.png'))),
    named('<img> of 16 bits', () => checkDeep(context)),
    named('turned and stretched VideoFrames', () => checkTurned(context)),
    named('a <video> from a file, at loadeddata', () => checkRecorded(context)),
  ];
};

function compare(actual: Picture, expected: Picture, levels: number): string {
  if (actual.width !== expected.width || actual.height !== expected.height) {
    throw new Error(`${actual.width}x${actual.height}, expected ${expected.width}x${expected.height}`);
  }
  const differences = actual.rgb.map((byte, i) => Math.abs(byte - (expected.rgb[i] ?? 0)));
  const most = Math.max(...differences);
  if (most > levels) {
    const at = differences.indexOf(most);
    throw new Error(`byte ${at} is ${actual.rgb[at]}, expected ${expected.rgb[at]}; ${differences.filter((d) => d > 0).length} differ`);
  }
  return most === 0 ? 'equal' : `${most} levels off at most`;
}

/** What a JPEG decoder's rounding may make of blocks of one colour. */
const levelsOf = (file: string) => (file.endsWith('.jpg') ? 1 : 0);

async function checkFile(context: Context, file: string, picture: Picture): Promise<string> {
  const bytes = await context.bytes(`${folder}/${file}`);
  compare(await pixelsOf(context.device, new URL(`/${folder}/${file}`, location.href)), picture, levelsOf(file));
  return compare(await pixelsOf(context.device, new Blob([bytes as BlobPart])), picture, levelsOf(file));
}

/** Browsers that decode an element once, for display, have lost the bytes under transparent pixels by then. */
async function checkElement(context: Context, file: string, picture: Picture): Promise<string> {
  return compare(await pixelsOf(context.device, await element(`/${folder}/${file}`)), picture, levelsOf(file));
}

async function element(src: string, crossOrigin?: string): Promise<HTMLImageElement> {
  const image = new Image();
  if (crossOrigin !== undefined) image.crossOrigin = crossOrigin;
  image.src = src;
  await image.decode();
  return image;
}

/** Opaque, and different everywhere, so that a shift or a turn shows. */
const picture: Picture = (() => {
  const [width, height] = [37, 23];
  const rgb = Uint8Array.from({ length: width * height * 3 }, (_, i) => (Math.imul(i + 1, 0x9e3779b1) >>> 13) & 255);
  return { width, height, rgb };
})();

function imageData(): ImageData {
  const { width, height, rgb } = picture;
  return new ImageData(
    Uint8ClampedArray.from({ length: width * height * 4 }, (_, i) => (i % 4 === 3 ? 255 : (rgb[Math.floor(i / 4) * 3 + (i % 4)] ?? 0))),
    width,
    height,
  );
}

function canvas(): HTMLCanvasElement {
  const canvas = document.createElement('canvas');
  [canvas.width, canvas.height] = [picture.width, picture.height];
  canvas.getContext('2d')?.putImageData(imageData(), 0, 0);
  return canvas;
}

function offscreen(): OffscreenCanvas {
  const canvas = new OffscreenCanvas(picture.width, picture.height);
  canvas.getContext('2d')?.putImageData(imageData(), 0, 0);
  return canvas;
}

const png = () => offscreen().convertToBlob();

const kinds: Record<string, () => ImageSource | Promise<ImageSource>> = {
  HTMLImageElement: async () => element(URL.createObjectURL(await png())),
  HTMLCanvasElement: canvas,
  OffscreenCanvas: offscreen,
  VideoFrame: () => new VideoFrame(canvas(), { timestamp: 0 }),
  ImageBitmap: () => createImageBitmap(imageData()),
  ImageData: imageData,
  Blob: png,
  File: async () => new File([await png()], 'a.png'),
  URL: async () => new URL(URL.createObjectURL(await png())),
  'data URL': () => canvas().toDataURL(),
  'raw RGB': () => ({ ...picture, data: picture.rgb }),
  'raw RGBA': () => ({ ...picture, data: imageData().data }),
  HTMLVideoElement: video,
};

async function checkKind(context: Context, kind: string, make: () => ImageSource | Promise<ImageSource>): Promise<string> {
  const source = await make();
  try {
    if (kind === 'HTMLVideoElement') return compareColours(await pixelsOf(context.device, source));
    return compare(await pixelsOf(context.device, source), picture, 0);
  } finally {
    if (typeof VideoFrame !== 'undefined' && source instanceof VideoFrame) source.close();
  }
}

/** Four colours, large enough to survive the chroma of a video. */
const quarters = ['#c02020', '#20c020', '#2020c0', '#c0c0c0'] as const;

async function video(): Promise<HTMLVideoElement> {
  const canvas = document.createElement('canvas');
  [canvas.width, canvas.height] = [128, 64];
  const context = canvas.getContext('2d');
  const paint = () => {
    quarters.forEach((colour, i) => {
      if (context) context.fillStyle = colour;
      context?.fillRect((i % 2) * 64, Math.floor(i / 2) * 32, 64, 32);
    });
  };
  paint();
  const video = document.createElement('video');
  video.muted = true;
  video.srcObject = canvas.captureStream();
  const loaded = new Promise((resolve) => video.addEventListener('loadeddata', resolve, { once: true }));
  // A stream has a frame when something was painted after it began.
  const timer = setInterval(paint, 50);
  await video.play();
  await loaded;
  clearInterval(timer);
  return video;
}

function compareColours({ width, height, rgb }: Picture): string {
  if (width !== 128 || height !== 64) throw new Error(`${width}x${height}, expected 128x64`);
  const seen = quarters.map((_, i) => {
    const at = ((Math.floor(i / 2) * 32 + 16) * width + (i % 2) * 64 + 32) * 3;
    return rgb.subarray(at, at + 3);
  });
  quarters.forEach((colour, i) => {
    const wanted = [1, 3, 5].map((at) => Number.parseInt(colour.slice(at, at + 2), 16));
    if (wanted.some((level, c) => Math.abs(level - (seen[i]?.[c] ?? 0)) > 16))
      throw new Error(`quarter ${i} is ${seen[i]}, expected ${wanted}`);
  });
  return seen.join(' ');
}

/** The same server by its other name: another origin, which allows nothing. */
function fromOtherOrigin(path: string): string {
  const url = new URL(path, location.href);
  url.hostname = url.hostname === 'localhost' ? '127.0.0.1' : 'localhost';
  return url.href;
}

interface Refusal {
  source: ImageSource;
  code: string;
  text: RegExp;
}

const image = (source: ImageSource, text: RegExp): Refusal => ({ source, code: 'image', text });

const refusals: Record<string, () => Refusal | Promise<Refusal>> = {
  'a file that is no image': () => image(new Blob(['no image']), /\[image\] The file does not decode \(8 bytes\)\. Use a PNG/),
  'a truncated header': async () => image((await png()).slice(0, 20, 'image/png'), /does not decode \(20 bytes, type 'image\/png'\)/),
  'an empty file': () => image(new Blob([]), /does not decode \(0 bytes/),
  'an address that is not there': () => ({ source: '/test/preprocess/nowhere.png', code: 'network', text: /did not arrive: HTTP 404/ }),
  'another origin': () => ({ source: fromOtherOrigin(`/${folder}/rgb.png`), code: 'network', text: /did not arrive: .*CORS/s }),
  'an <img> of another origin': async () =>
    image(await element(fromOtherOrigin(`/${folder}/rgb.png`)), /from another origin.*crossorigin/s),
  'a canvas with an <img> of another origin': async () => {
    const tainted = canvas();
    tainted.getContext('2d')?.drawImage(await element(fromOtherOrigin(`/${folder}/rgb.png`)), 0, 0);
    return image(tainted, /from another origin/);
  },
  'an <img> without src': () => image(new Image(), /The <img> is not loaded, or is broken\. Await img\.decode\(\)/),
  'an <img> that is broken': async () => {
    const broken = new Image();
    broken.src = '/test/preprocess/nowhere.png';
    await broken.decode().catch(() => undefined);
    return image(broken, /not loaded, or is broken/);
  },
  'a <video> without a frame': () => image(document.createElement('video'), /no frame yet.*loadeddata/),
  'an empty canvas': () => image(Object.assign(document.createElement('canvas'), { width: 0 }), /The image is 0x150\./),
  'a closed ImageBitmap': async () => {
    const bitmap = await createImageBitmap(imageData());
    bitmap.close();
    return image(bitmap, /The image is 0x0\..*not closed/);
  },
};

async function checkRefusal(context: Context, make: () => Refusal | Promise<Refusal>): Promise<string> {
  const { source, code, text } = await make();
  const error: unknown = await pixelsOf(context.device, source).then(
    ({ width, height }) => new Error(`was taken as ${width}x${height}`),
    (error: unknown) => error,
  );
  if (!(error instanceof ResnetError)) throw error;
  if (error.code !== code || !text.test(error.message)) throw new Error(`${error.code}: ${error.message}`);
  return error.message;
}

async function checkWorker(expected: Picture | undefined): Promise<string> {
  const worker = new Worker(new URL('../harness/image-worker.ts', import.meta.url), { type: 'module' });
  const answer = new Promise<Picture | string>((resolve, reject) => {
    worker.onmessage = ({ data }) => resolve(data as Picture | string);
    worker.onerror = ({ message }) => reject(new Error(message));
  });
  worker.postMessage(new URL(`/${folder}/alpha.png`, location.href).href);
  const result = await answer;
  worker.terminate();
  if (typeof result === 'string' || !expected) throw new Error(String(result));
  return compare(result, expected, 0);
}

/** Servers and renamed files lie. */
async function checkMisnamed(context: Context, expected: Picture | undefined): Promise<string> {
  const bytes = await context.bytes(`${folder}/alpha.png`);
  if (!expected) throw new Error('no reference');
  return compare(await pixelsOf(context.device, new Blob([bytes as BlobPart], { type: 'image/jpeg' })), expected, 0);
}

/** Chromium decodes such an element to f16 values, which no texture accepts: two in a row, and a usual one after them. */
async function checkDeep(context: Context): Promise<string> {
  const { width, height, rgb } = picture;
  const file = await png16(width, height, rgb);
  const remarks: string[] = [];
  for (let i = 0; i < 2; i++) {
    remarks.push(compare(await pixelsOf(context.device, await element(URL.createObjectURL(file))), picture, 1));
  }
  remarks.push(compare(await pixelsOf(context.device, await element(canvas().toDataURL())), picture, 0));
  // With alpha: the bytes of the file, as Firefox gives them, or words. Never the colours times alpha.
  const clear = await element(URL.createObjectURL(await png16(width, height, rgb, 0x40)));
  remarks.push(
    await pixelsOf(context.device, clear).then(
      (actual) => compare(actual, picture, 1),
      (error: Error) => {
        if (!/16 bits a channel and alpha.*Pass its file/.test(error.message)) throw error;
        return error.message;
      },
    ),
  );
  return remarks.join(', ');
}

/** A PNG of 16 bits a channel, whose high bytes are `rgb`, and the low ones such that rounding gives the same. */
async function png16(width: number, height: number, rgb: Uint8Array, alpha?: number): Promise<Blob> {
  const pixelBytes = alpha === undefined ? 6 : 8;
  const rows = new Uint8Array(height * (1 + width * pixelBytes));
  for (let pixel = 0; pixel < width * height; pixel++) {
    const at = Math.floor(pixel / width) * (1 + width * pixelBytes) + 1 + (pixel % width) * pixelBytes;
    for (let c = 0; c < 3; c++) rows.fill(rgb[pixel * 3 + c] ?? 0, at + c * 2, at + c * 2 + 2);
    if (alpha !== undefined) rows.fill(alpha, at + 6, at + 8);
  }
  const packed = new Blob([rows]).stream().pipeThrough(new CompressionStream('deflate'));
  const header = new DataView(new ArrayBuffer(13));
  header.setUint32(0, width);
  header.setUint32(4, height);
  header.setUint16(8, (16 << 8) | (alpha === undefined ? 2 : 6));
  const chunk = (type: string, data: Uint8Array): Uint8Array<ArrayBuffer> => {
    const bytes = new Uint8Array(12 + data.length);
    const view = new DataView(bytes.buffer);
    view.setUint32(0, data.length);
    bytes.set(new TextEncoder().encode(type), 4);
    bytes.set(data, 8);
    let crc = -1;
    for (const byte of bytes.subarray(4, 8 + data.length)) {
      crc ^= byte;
      for (let bit = 0; bit < 8; bit++) crc = (crc >>> 1) ^ (crc & 1 ? 0xedb88320 : 0);
    }
    view.setInt32(8 + data.length, ~crc);
    return bytes;
  };
  const parts = [
    chunk('IHDR', new Uint8Array(header.buffer)),
    chunk('IDAT', new Uint8Array(await new Response(packed).arrayBuffer())),
    chunk('IEND', new Uint8Array()),
  ];
  return new Blob([Uint8Array.of(137, 80, 78, 71, 13, 10, 26, 10), ...parts], { type: 'image/png' });
}

/** Phones hand over frames that are to be turned for display. As the browser draws them. */
async function checkTurned(context: Context): Promise<string> {
  const { width: codedWidth, height: codedHeight } = picture;
  const base = { format: 'RGBX', codedWidth, codedHeight, timestamp: 0 } as const;
  const seen: string[] = [];
  for (const more of [
    { rotation: 90 },
    { rotation: 270 },
    { rotation: 90, flip: true },
    { displayWidth: codedWidth * 2, displayHeight: codedHeight },
  ]) {
    const frame = new VideoFrame(imageData().data, { ...base, ...more } as VideoFrameBufferInit);
    try {
      const { displayWidth: width, displayHeight: height } = frame;
      const drawing = new OffscreenCanvas(width, height).getContext('2d');
      drawing?.drawImage(frame, 0, 0, width, height);
      const drawn = drawing?.getImageData(0, 0, width, height).data ?? new Uint8ClampedArray();
      const expected = { width, height, rgb: Uint8Array.from(drawn.filter((_, i) => i % 4 !== 3)) };
      seen.push(`${JSON.stringify(more)} ${width}x${height}: ${compare(await pixelsOf(context.device, frame), expected, 0)}`);
    } finally {
      frame.close();
    }
  }
  return seen.join(', ');
}

/** Chromium has no picture of it yet, and draws black. */
async function checkRecorded(context: Context): Promise<string> {
  const shown = await video();
  const stream = shown.srcObject as MediaStream;
  const recorder = new MediaRecorder(stream, { mimeType: 'video/webm' });
  const stopped = new Promise<Blob>((resolve) => {
    recorder.ondataavailable = ({ data }) => resolve(data);
  });
  recorder.start();
  await new Promise((resolve) => setTimeout(resolve, 400));
  recorder.stop();
  const file = await stopped;
  for (const track of stream.getTracks()) track.stop();
  const seen: string[] = [];
  for (const attached of [true, false]) {
    const video = Object.assign(document.createElement('video'), { muted: true, src: URL.createObjectURL(file) });
    if (attached) document.body.append(video);
    await new Promise((resolve, reject) => {
      video.onloadeddata = resolve;
      video.onerror = () => reject(new Error(`the recording does not play: ${video.error?.message}`));
    });
    seen.push(compareColours(await pixelsOf(context.device, video)));
    video.remove();
  }
  return seen.join(', ');
}
