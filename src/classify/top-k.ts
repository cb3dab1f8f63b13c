/** Ranks a network's logits on the GPU, in the network's own pass, so that a classification only reads back a few bytes. */
import { USAGE } from '../gpu/constants.ts';
import type { Engine } from '../gpu/device.ts';
import type { Executable, Tail, TailFor } from '../gpu/executable.ts';
import { topKDispatch, topKWords } from '../kernels/top-k/dispatch.ts';
import type { Ranking } from './predict.ts';

/** The search finds one rank at a time. Above this, it takes longer than reading back all logits. */
const MAX_K = 64;

/** Whether ranking on the GPU pays off. With few classes, the logits take no more bytes than the ranking. */
export function ranksOnGpu(classes: number, k: number): boolean {
  return k <= MAX_K && topKWords(k) * 2 <= classes;
}

export function compileTopK({ pipelines }: Engine): Promise<GPUComputePipeline> {
  return pipelines.get(topKDispatch({ rows: 1, classes: 1, k: 1 }));
}

/** Made once for an executable and freed with it. If anything fails on an executable, both are discarded. */
const tails = new WeakMap<Executable, Promise<TopKTail>>();

/**
 * Ranks a network's first output at the end of a run, and reads the ranking of each row.
 * @param k a number that ranksOnGpu accepts
 * @param use gets the ranking of one row
 */
export function rankingsTail<T>(k: number, use: (ranking: Ranking) => T): TailFor<T[]> {
  return async (executable, engine) => {
    const making = tails.get(executable) ?? makeTail(executable, engine);
    tails.set(executable, making);
    return (await making).tail(k, use);
  };
}

async function makeTail(executable: Executable, engine: Engine): Promise<TopKTail> {
  const pipeline = await compileTopK(engine);
  return engine.memory.guard(() => new TopKTail(executable, engine, pipeline));
}

class TopKTail {
  readonly classes: number;
  readonly #engine: Engine;
  readonly #rows: number;
  readonly #pipeline: GPUComputePipeline;
  readonly #uniforms: GPUBuffer;
  readonly #result: GPUBuffer;
  readonly #group: GPUBindGroup;
  #k = 0;

  constructor(executable: Executable, engine: Engine, pipeline: GPUComputePipeline) {
    const [logits] = executable.outputs;
    const [rows = 1, classes = 1] = logits?.shape ?? [];
    this.classes = classes;
    this.#engine = engine;
    this.#rows = rows;
    this.#pipeline = pipeline;
    const create = (label: string, size: number, usage: number) =>
      executable.own(engine.memory.create('activations', `top-k ${label}`, size, usage));
    this.#uniforms = create('uniforms', 16, USAGE.UNIFORM | USAGE.COPY_DST);
    this.#result = create('result', rows * topKWords(MAX_K) * 4, USAGE.STORAGE | USAGE.COPY_SRC);
    const resources = [
      { buffer: this.#uniforms },
      { buffer: logits?.buffer ?? this.#result, offset: logits?.byteOffset, size: logits?.byteLength },
      { buffer: this.#result },
    ];
    this.#group = engine.device.createBindGroup({
      label: 'top-k',
      layout: engine.pipelines.layout(this.#dispatch(1).bindings),
      entries: resources.map((resource, binding) => ({ binding, resource })),
    });
  }

  #dispatch(k: number) {
    return topKDispatch({ rows: this.#rows, classes: this.classes, k });
  }

  tail<T>(k: number, use: (ranking: Ranking) => T): Tail<T[]> {
    const byteLength = this.#rows * topKWords(k) * 4;
    return {
      reading: { buffer: this.#result, byteLength, decode: (bytes) => decode(new DataView(bytes), this.classes, k).map(use) },
      inPass: (pass) => {
        const { uniforms, workgroups } = this.#dispatch(k);
        // Takes effect after the previous run and before this one.
        if (this.#k !== k) this.#engine.device.queue.writeBuffer(this.#uniforms, 0, Uint32Array.of(0, ...Object.values(uniforms), 0));
        this.#k = k;
        pass.setPipeline(this.#pipeline);
        pass.setBindGroup(0, this.#group);
        pass.dispatchWorkgroups(...workgroups);
      },
    };
  }
}

const NONE = 0xffffffff;

function decode(words: DataView, classes: number, k: number): Ranking[] {
  const stride = topKWords(k) * 4;
  const ranks = Array.from({ length: k }, (_, rank) => 8 + rank * 8);
  return Array.from({ length: words.byteLength / stride }, (_, row) => {
    const base = row * stride;
    const bad = words.getUint32(base, true);
    const value = words.getFloat32(base + 4, true);
    return {
      classes,
      ...(bad !== NONE && { bad: { index: bad, logit: value } }),
      indices: ranks.map((at) => words.getUint32(base + at, true)),
      logits: ranks.map((at) => words.getFloat32(base + at + 4, true)),
      sum: value,
    };
  });
}
