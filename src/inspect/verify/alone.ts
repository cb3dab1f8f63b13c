/** Checks the kernels that are not in any plan (images and ranking) on a small case. */
import type { Preprocess } from '../../api/types.ts';
import { USAGE } from '../../gpu/constants.ts';
import type { Engine } from '../../gpu/device.ts';
import { readOnce } from '../../gpu/read-once.ts';
import { type ImagePlan, planImage } from '../../image/image-plan.ts';
import { ImagePipeline } from '../../image/pipeline.ts';
import type { Pixels } from '../../image/pixels.ts';
import { imagesToTensor } from '../../image/to-tensor.ts';
import type { Dispatch } from '../../kernels/lib/kernel.ts';
import { topKDispatch, topKWords } from '../../kernels/top-k/dispatch.ts';
import { seededInput } from '../seeded.ts';
import { cutImage } from './cut.ts';

const [WIDTH, HEIGHT] = [53, 41];
const CLASSES = 301;
const K = 5;

/** Artificial pixels, unlike a camera's: neighbouring bytes differ. */
function testPixels(): Uint8Array<ArrayBuffer> {
  return Uint8Array.from({ length: WIDTH * HEIGHT * 4 }, (_, i) => (i % 4 === 3 ? 255 : (i * 37 + (i >> 5) * 11) & 255));
}

/** Whether both passes give the expected result, to the last bit. */
async function imagesAreRight(engine: Engine, preprocess: Preprocess): Promise<boolean> {
  const pipeline = new ImagePipeline(engine.device, engine.pipelines);
  try {
    const pixels = { content: testPixels(), width: WIDTH, height: HEIGHT, close: () => undefined } as unknown as Pixels;
    const { data } = await imagesToTensor(engine, pipeline, [await pipeline.load(pixels, preprocess)]);
    const expected = imageReference(planImage(WIDTH, HEIGHT, preprocess), testPixels());
    return expected.length === data.length && expected.every((value, i) => Object.is(value, data[i]) || value === data[i]);
  } finally {
    pipeline.dispose();
  }
}

/** Computes the same as image-rows.wgsl and image-columns.wgsl, in integers. */
export function imageReference({ shape, region, tables, rows, columns }: ImagePlan, pixels: Uint8Array): Float32Array {
  const [r, c] = [rows.uniforms, columns.uniforms] as Record<string, number>[] as [Record<string, number>, Record<string, number>];
  const at = (table: Record<string, number>, name: string) => table[name] ?? 0;
  const table = (i: number) => tables[i] ?? 0;
  const [width, height, taps] = [at(r, 'width'), at(r, 'height'), at(r, 'taps')];
  const isLuma = rows.constants.LUMA === true;
  const source = new Int32Array((isLuma ? 1 : 3) * width * height);
  const byte = (x: number, y: number, channel: number) => pixels[((y + region.y) * WIDTH + x + region.x) * 4 + channel] ?? 0;
  const clamp = (value: number, low: number, high: number) => Math.min(high, Math.max(low, value));
  for (let i = 0; i < width * height; i++) {
    const entry = (i % width) * (taps + 1);
    const y = Math.floor(i / width);
    for (let channel = 0; channel < (isLuma ? 1 : 3); channel++) {
      let sum = 0;
      for (let t = 0; t < taps; t++) {
        const x = clamp(table(entry) + t, 0, region.width - 1);
        const value = isLuma ? (byte(x, y, 0) * 19595 + byte(x, y, 1) * 38470 + byte(x, y, 2) * 7471 + 0x8000) >> 16 : byte(x, y, channel);
        sum = (sum + Math.imul(value, table(entry + 1 + t))) | 0;
      }
      source[channel * width * height + i] = rows.constants.PILLOW === true ? clamp((sum + (1 << 21)) >> 22, 0, 255) : sum;
    }
  }
  const [, channels, h, w] = shape;
  const words = new Int32Array(channels * h * w);
  const isTruncated = columns.constants.TRUNCATE === true;
  words.forEach((_, i) => {
    const channel = Math.floor(i / (h * w));
    const [y, x] = [Math.floor(i / w) % h, i % w];
    const [row, column] = [y - at(c, 'top'), x - at(c, 'left')];
    let index = channels * 256;
    if (y < at(c, 'cropHeight') && x < at(c, 'cropWidth')) index += 1 + channel;
    if (index > channels * 256 && row >= 0 && row < at(c, 'windowHeight') && column >= 0 && column < at(c, 'windowWidth')) {
      const entry = at(c, 'entries') + row * (at(c, 'taps') + 1);
      const plane = (at(c, 'reverse') > 0 ? at(c, 'reverse') - channel : channel) * at(c, 'sourceHeight');
      let sum = 0;
      for (let t = 0; t < at(c, 'taps'); t++) {
        const line = clamp(table(entry) + t, 0, at(c, 'sourceHeight') - 1);
        const value = source[(plane + line) * at(c, 'windowWidth') + column] ?? 0;
        sum += isTruncated ? Math.imul(table(entry + 1 + t), value >> 4) >> 16 : Math.imul(table(entry + 1 + t), value);
      }
      index = channel * 256 + clamp(isTruncated ? (sum + 2) >> 2 : (sum + (1 << 21)) >> 22, 0, 255);
    }
    words[i] = table(at(c, 'levels') + index);
  });
  return new Float32Array(words.buffer);
}

/** Whether the ranking of some numbers is right. */
async function ranksAreRight(engine: Engine): Promise<boolean> {
  const { device, memory, pipelines } = engine;
  const rows = 2;
  const logits = seededInput([rows, CLASSES], 5) as Float32Array<ArrayBuffer>;
  const dispatch = topKDispatch({ rows, classes: CLASSES, k: K });
  const pipeline = await pipelines.get(dispatch);
  const made: GPUBuffer[] = [];
  const create = (size: number, usage: number) => {
    const buffer = memory.create('staging', 'ranking', size, usage);
    made.push(buffer);
    return buffer;
  };
  try {
    const bytes = await readOnce(engine, rows * topKWords(K) * 4, (encoder, staging) => {
      const uniforms = create(16, USAGE.UNIFORM | USAGE.COPY_DST);
      device.queue.writeBuffer(uniforms, 0, Uint32Array.of(0, ...Object.values(dispatch.uniforms), 0));
      const input = create(logits.byteLength, USAGE.STORAGE | USAGE.COPY_DST);
      device.queue.writeBuffer(input, 0, logits);
      const output = create(staging.size, USAGE.STORAGE | USAGE.COPY_SRC);
      const pass = encoder.beginComputePass();
      pass.setPipeline(pipeline);
      const entries = [uniforms, input, output].map((buffer, binding) => ({ binding, resource: { buffer } }));
      pass.setBindGroup(0, device.createBindGroup({ layout: pipelines.layout(dispatch.bindings), entries }));
      pass.dispatchWorkgroups(...dispatch.workgroups);
      pass.end();
      encoder.copyBufferToBuffer(output, 0, staging, 0, staging.size);
    });
    return Array.from({ length: rows }, (_, row) => row).every((row) => rowIsRight(new DataView(bytes), logits, row));
  } finally {
    for (const buffer of made) memory.destroy(buffer);
  }
}

function rowIsRight(words: DataView, logits: Float32Array, row: number): boolean {
  const own = [...logits.subarray(row * CLASSES, (row + 1) * CLASSES)];
  const order = own.map((_, i) => i).sort((a, b) => (own[b] ?? 0) - (own[a] ?? 0) || a - b);
  const sum = own.reduce((all, x) => all + Math.exp(x - (own[order[0] ?? 0] ?? 0)), 0);
  const base = row * topKWords(K) * 4;
  if (words.getUint32(base, true) !== 0xffffffff || !(Math.abs(words.getFloat32(base + 4, true) / sum - 1) < 1e-5)) return false;
  return order.slice(0, K).every((index, rank) => words.getUint32(base + 8 + rank * 8, true) === index);
}

/** Checks of dispatches outside of plans: their name in warnings, and whether they compute the right result. */
interface Check {
  layer: 'image' | 'top-k';
  dispatches: Dispatch[];
  isRight(): Promise<boolean>;
}

export function checksOf(engine: Engine, preprocess: Preprocess): Check[] {
  const { rows, columns } = planImage(64, 64, preprocess);
  return [
    { layer: 'image', dispatches: [rows, columns], isRight: () => imagesAreRight(engine, cutImage(preprocess)) },
    { layer: 'top-k', dispatches: [topKDispatch({ rows: 1, classes: 1, k: 1 })], isRight: () => ranksAreRight(engine) },
  ];
}
