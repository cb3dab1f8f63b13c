import type * as LiteRt from '@litertjs/core';
import { version } from '../../../node_modules/@litertjs/core/package.json';
import plainScript from '../../../node_modules/@litertjs/core/wasm/litert_wasm_compat_internal.js?url';
import plainBinary from '../../../node_modules/@litertjs/core/wasm/litert_wasm_compat_internal.wasm?url';
import relaxedScript from '../../../node_modules/@litertjs/core/wasm/litert_wasm_internal.js?url';
import relaxedBinary from '../../../node_modules/@litertjs/core/wasm/litert_wasm_internal.wasm?url';
import { permute } from '../../../src/export/target.ts';
import type { Runner } from './runner.ts';

/** A global that its loader looks for. */
interface Loader {
  ModuleFactory?: unknown;
  Module?: { locateFile(name: string): string };
  importScripts?: (...urls: string[]) => void;
  define?: ((names: string[], make: () => unknown) => void) & { amd?: boolean };
}

/** @param precision of the GPU's arithmetic */
export async function makeRunner(precision: 'fp32' | 'fp16'): Promise<Runner> {
  const { supportsFeature, loadLiteRt, loadAndCompile, Tensor } = await import('@litertjs/core');
  const isRelaxed = await supportsFeature('relaxedSimd');
  const [script, binary] = (isRelaxed ? [relaxedScript, relaxedBinary] : [plainScript, plainBinary]).map(absolute);
  await runScript(script ?? '', binary ?? '');
  await loadLiteRt(script ?? '');
  let model: LiteRt.CompiledModel | undefined;
  let data = new Float32Array();
  let shape: number[] = [];
  return {
    version,
    maxInFlight: 1,
    async load(file, input) {
      if (file.format !== 'tflite') throw new Error('LiteRT.js wants a TFLite model.');
      const [n = 1, c = 1, h = 1, w = 1] = input.shape;
      // Uses its own layout, so that the transposition is not part of its time.
      data = permute(input.data, input.shape, [0, 2, 3, 1]) as Float32Array<ArrayBuffer>;
      shape = [n, h, w, c];
      model = await loadAndCompile(file.bytes, { accelerator: 'webgpu', gpuOptions: { precision } });
      // It silently computes on wasm what it cannot delegate.
      if (!model.isFullyAccelerated) throw new Error('LiteRT.js delegates only a part of this network to WebGPU.');
    },
    async infer() {
      if (!model) throw new Error('The model is not loaded.');
      const input = new Tensor(data, shape);
      const { logits } = await model.run({ input });
      if (!logits) throw new Error('The model gave no logits.');
      const onCpu = await logits.moveTo('wasm');
      const result = Float32Array.from(onCpu.toTypedArray());
      input.delete();
      onCpu.delete();
      return result;
    },
  };
}

const absolute = (file: string) => new URL(file, location.href).href;

/**
 * Its loader calls importScripts, which module workers lack. So the script is imported as a module, returns its exports as AMD modules do,
 * and finds its binary where the bundler put it.
 */
async function runScript(script: string, binary: string): Promise<void> {
  const loader = globalThis as unknown as Loader;
  loader.Module = { locateFile: (name) => (name.endsWith('.wasm') ? binary : name) };
  loader.define = (_, make) => {
    loader.ModuleFactory = make();
  };
  loader.define.amd = true;
  loader.importScripts = () => undefined;
  await import(/* @vite-ignore */ script);
  delete loader.define;
}
