/** Runs the case lists of all kernels (cases.ts in the folders of src/kernels) on a device. No Node imports, because it also runs in browsers. */

import type { Tensor } from '../../src/api/types.ts';
import { hasQuads } from '../../src/gpu/device.ts';
import { product } from '../../src/graph/shape.ts';
import { type CaseBuffer, DEFAULT_TOLERANCE, type KernelCase } from '../../src/kernels/lib/case.ts';
import type { Precision } from '../../src/kernels/lib/kernel.ts';
import { difference } from './compare.ts';
import { DispatchRunner } from './dispatch.ts';
import { decodeDense, decodeView, encodeDense, encodeView, rounded } from './layout.ts';

const files = import.meta.glob<{ cases: KernelCase[] }>(['../../src/kernels/*/cases.ts', '../../src/kernels/*/*.cases.ts'], {
  eager: true,
});

export interface NamedCase {
  /** `pool/max 3x3/2 [2,5,13,11] f16` */
  name: string;
  precision: Precision;
  case: KernelCase;
}

export interface CaseResult {
  name: string;
  /** Relative L2 error. NaN if there is no result to compare. */
  rel: number;
  ok: boolean;
  /** Why it failed. Undefined if it did not. */
  detail: string;
}

/** Every case that the device supports, in both precisions. Cases that only use float32 run once. */
export function kernelCases(device?: GPUDevice): NamedCase[] {
  return Object.entries(files).flatMap(([file, { cases }]) => {
    const family = file.split('/').at(-2);
    const possible = cases.filter(
      ({ feature }) => !feature || !device || (feature === 'quads' ? hasQuads(device) : device.features.has(feature)),
    );
    return possible.flatMap((item) =>
      (item.precisions ?? (['f32', 'f16'] as const))
        .filter((precision) => item.steps(precision).some(({ dispatch }) => dispatch.precision === precision))
        .map((precision) => ({ name: `${family}/${item.name} ${precision}`, precision, case: item })),
    );
  });
}

export async function* runKernelCases(device: GPUDevice, filter = ''): AsyncIterable<CaseResult> {
  const runner = new DispatchRunner(device);
  for (const named of kernelCases(device)) {
    if (named.name.includes(filter)) yield await runKernelCase(runner, named);
  }
}

export async function runKernelCase(runner: DispatchRunner, { name, precision, case: item }: NamedCase): Promise<CaseResult> {
  try {
    const contents = await contentsOf(item, precision);
    const inputs: Record<string, Tensor> = {};
    for (const [key, buffer] of Object.entries(item.buffers)) {
      if (buffer.data) {
        inputs[key] = { shape: [...buffer.shape], data: buffer.view ? rounded(buffer.data, precision) : buffer.data };
      }
    }
    const steps = item.steps(precision);
    const first = await runner.run(steps, contents, [item.output]);
    const second = await runner.run(steps, contents, [item.output]);
    const [bytes, again] = [first.buffers.get(item.output), second.buffers.get(item.output)];
    const output = item.buffers[item.output];
    if (!bytes || !again || !output) throw new Error(`the case has no buffer ${item.output}`);
    const actual = decode(output, precision, bytes);
    const { relative, largest } = difference({ data: actual, shape: [...output.shape] }, item.expected(inputs));
    const allowed = item.tolerance?.[precision] ?? DEFAULT_TOLERANCE[precision];
    const problems = [
      relative > allowed &&
        `relative error ${relative.toExponential(2)} is above ${allowed.toExponential(0)}, largest ${largest.toExponential(2)}`,
      !sameBytes(bytes, again) && 'a second run gave other bits',
      first.overflow !== 0 && 'reported an f16 overflow',
    ].filter((problem) => problem !== false);
    return { name, rel: relative, ok: problems.length === 0, detail: problems.join('; ') };
  } catch (error) {
    return { name, rel: Number.NaN, ok: false, detail: error instanceof Error ? error.message : String(error) };
  }
}

/** What the case's buffers hold, by name. */
export async function contentsOf({ buffers }: KernelCase, precision: Precision): Promise<Map<string, ArrayBuffer>> {
  const contents = new Map<string, ArrayBuffer>();
  for (const [key, buffer] of Object.entries(buffers)) contents.set(key, await encode(buffer, precision));
  return contents;
}

async function encode(buffer: CaseBuffer, precision: Precision): Promise<ArrayBuffer> {
  if (buffer.bytes) return buffer.bytes(precision);
  return buffer.view ? encodeView(buffer.view, precision, buffer.data) : encodeDense(product(buffer.shape), buffer.data);
}

function decode(buffer: CaseBuffer, precision: Precision, bytes: ArrayBuffer): Float32Array {
  return buffer.view ? decodeView(buffer.view, precision, bytes) : decodeDense(product(buffer.shape), bytes);
}

function sameBytes(a: ArrayBuffer, b: ArrayBuffer): boolean {
  const [x, y] = [new Uint8Array(a), new Uint8Array(b)];
  return x.length === y.length && x.every((value, i) => value === y[i]);
}
