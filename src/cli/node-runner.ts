/** Runs a job in this process, with WebGPU from Dawn through the package `webgpu`, which the user installs. */

import { readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { basename, dirname, join, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import type { LoadOptions } from '../api/types.ts';
import { openLocal } from '../util/local-files.ts';
import { decodeImage } from './decode.ts';
import { imageBytes } from './files.ts';
import { failureOf, type Job, type OnResult, type Outcome, type Report, type WeightsPlace } from './job.ts';
import * as lazy from './lazy.ts';
import { progressText } from './report.ts';

type Dawn = typeof import('webgpu');

/** With the GPU object that it came from, because Dawn's objects die with that. */
export interface NodeAdapter {
  adapter: GPUAdapter;
  gpu: GPU;
}

export async function findNodeAdapter(): Promise<NodeAdapter | { reason: string }> {
  const dawn = await importDawn();
  if (!dawn) return { reason: 'the package webgpu is not installed' };
  try {
    Object.assign(globalThis, dawn.globals);
    const gpu = dawn.create([]);
    const adapter = await gpu.requestAdapter({ powerPreference: 'high-performance' });
    return adapter ? { adapter, gpu } : { reason: 'Dawn finds no driver for Vulkan, Metal or Direct3D 12, or accepts none' };
  } catch (error) {
    return { reason: `Dawn does not start: ${error instanceof Error ? error.message : String(error)}` };
  }
}

/** Next to this package, or in the current project. */
async function importDawn(): Promise<Dawn | undefined> {
  try {
    return await import('webgpu');
  } catch {
    try {
      const found = createRequire(join(process.cwd(), 'package.json')).resolve('webgpu');
      return (await import(/* @vite-ignore */ pathToFileURL(found).href)) as Dawn;
    } catch {
      return undefined;
    }
  }
}

/** What loadModel takes. With a manifest go the files beside it, but for other manifests. */
export async function weightsAt(place: WeightsPlace): Promise<string | Uint8Array | Blob[]> {
  if ('address' in place) return place.address;
  const { file } = place;
  if (!isJson(file)) return readFile(file);
  const beside = [await openLocal(pathToFileURL(dirname(resolve(file))).href)].flat();
  return beside.filter((one) => one !== undefined).filter(({ name }) => name === basename(file) || !isJson(name));
}

function isJson(name: string): boolean {
  return /\.json$/i.test(name);
}

export async function runOnDawn(job: Job, { adapter }: NodeAdapter, report: Report, onResult: OnResult): Promise<Outcome> {
  const { deviceDescriptor, loadModel } = await lazy.library();
  const device = await adapter.requestDevice(deviceDescriptor(adapter));
  const options: LoadOptions = { device, precision: job.precision, onProgress: (progress) => report(progressText(progress)) };
  const model = await loadModel({ arch: job.arch, weights: await weightsAt(job.weights), labels: job.labels }, options);
  report('');
  for (const image of job.images) {
    const { name } = image;
    try {
      onResult({ image: name, predictions: await model.classify(decodeImage(name, await imageBytes(image)), { topK: job.topK }) });
    } catch (error) {
      onResult({ image: name, error: failureOf(error) });
    }
  }
  const { arch, parameters, precision } = model.info;
  return { info: { arch, parameters, precision, adapter: model.info.adapter }, through: 'Node over Dawn' };
}
