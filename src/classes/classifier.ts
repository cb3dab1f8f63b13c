/** Classes on embeddings: which data of the images is kept, and which of three methods answers. */

import type { Bytes } from '../api/bytes.ts';
import type { ImageSource, Model, Prediction } from '../api/types.ts';
import { partsOf } from '../model/model.ts';
import { ResnetError, throwIfAborted } from '../util/errors.ts';
import { Pace } from '../util/pace.ts';
import { fromJson, type Kept, toJson } from './json.ts';
import * as lazy from './lazy.ts';
import { checkFinite, embedded, probeOf } from './model-probe.ts';
import { ofNeighbours, sharpnessOf, softmax, sumsOf, toMeans, unit } from './nearest.ts';
import { linear } from './scaling.ts';
import type { TrainedHead } from './train.ts';
import type { AddOptions, ClassesJSON, Classifier, EvaluateOptions, Evaluation, Method, PredictOptions } from './types.ts';

/** Images decoded at the same time. 16 photos of 12 megapixels take 800 MB. */
const BATCH = 16;
const NEIGHBOURS = 5;

interface OwnClass {
  label: string;
  /** As returned by the network, and scaled to unit length. */
  rows: Float32Array[];
  units: Float32Array[];
}

/**
 * Your own classes on a model's embeddings: none yet, or those from `toJSON`.
 * @param model any model of the library, with or without a head
 * @param from an earlier result of `toJSON`, to continue with. By default there are no classes yet
 * @throws {ResnetError} `usage` for a model that is not this library's, and for JSON of another network; also the errors of `model.embed`
 * @example
 * ```ts
 * import { loadModel } from 'resnet-webgpu';
 * import { createClassifier } from 'resnet-webgpu/classes';
 *
 * const few = await createClassifier(await loadModel('hf:timm/resnet18.a1_in1k'));
 * await few.add('mine', ['1.jpg', '2.jpg']);
 * await few.add('yours', ['3.jpg', '4.jpg']);
 * const [best] = await few.predict('photo.jpg');
 * console.log(best?.label, best?.probability);
 * ```
 */
export async function createClassifier(model: Model, from?: ClassesJSON): Promise<Classifier> {
  if (!partsOf.has(model)) {
    const hint = 'Pass what loadModel() gave, from the same copy of resnet-webgpu.';
    throw new ResnetError('usage', 'This is not a model.', { layer: 'model', hint });
  }
  const probe = await probeOf(model);
  return new OwnClasses(model, probe, from === undefined ? { classes: [] } : fromJson(model, probe, from));
}

class OwnClasses implements Classifier {
  readonly #model: Model;
  readonly #probe: Float32Array;
  readonly #classes: OwnClass[];
  #head: TrainedHead | undefined;
  #means: { sums: Float32Array[]; sharpness: number } | undefined;

  constructor(model: Model, probe: Float32Array, { classes, head }: Kept) {
    this.#model = model;
    this.#probe = probe;
    this.#classes = classes.map(({ label, rows }) => ({ label, rows, units: rows.map(unit) }));
    this.#head = head;
  }

  get labels(): string[] {
    return this.#classes.map(({ label }) => label);
  }

  get counts(): number[] {
    return this.#classes.map(({ rows }) => rows.length);
  }

  get trained(): boolean {
    return this.#head !== undefined;
  }

  async add(label: string, images: ImageSource | ImageSource[], { onProgress, ...options }: AddOptions = {}): Promise<void> {
    if (typeof label !== 'string' || label.trim() === '') {
      throw new ResnetError('usage', `${JSON.stringify(label)} is not a name for a class.`, {
        layer: 'label',
        hint: 'Pass a word or two.',
      });
    }
    const all = Array.isArray(images) ? images : [images];
    const rows: Float32Array[] = [];
    for (let from = 0; from < all.length; from += BATCH) {
      throwIfAborted(options.signal);
      rows.push(...(await this.#model.embed(all.slice(from, from + BATCH), options)));
      onProgress?.({ loaded: rows.length, total: all.length });
    }
    for (const [i, row] of rows.entries()) checkFinite(row, `images[${i}]`);
    let own = this.#classes.find((one) => one.label === label);
    if (!own) {
      own = { label, rows: [], units: [] };
      this.#classes.push(own);
    }
    own.rows.push(...rows);
    own.units.push(...rows.map(unit));
    this.#changed();
  }

  remove(label: string, position?: number): void {
    const at = this.#classes.findIndex((one) => one.label === label);
    const own = this.#classes[at];
    if (!own || (position !== undefined && !(position in own.rows))) {
      throw new ResnetError(
        'usage',
        own ? `'${label}' has no image ${position}; it has ${own.rows.length}.` : `There is no class '${label}'.`,
        {
          layer: own ? 'position' : 'label',
          hint: own ? 'Count from 0.' : `Name one of: ${this.labels.join(', ') || 'none yet'}.`,
        },
      );
    }
    if (position === undefined) this.#classes.splice(at, 1);
    else {
      own.rows.splice(position, 1);
      own.units.splice(position, 1);
    }
    this.#changed();
  }

  #changed(): void {
    this.#head = undefined;
    this.#means = undefined;
  }

  async predict(image: ImageSource, options: PredictOptions = {}): Promise<Prediction[]> {
    const { topK = 5, signal } = options;
    if (!Number.isInteger(topK) || topK < 1) {
      throw new ResnetError('usage', `${topK} is not a number of classes.`, { layer: 'topK', hint: 'Pass a whole number from 1.' });
    }
    this.#checkMethod(options);
    const row = await embedded(this.#model, image, { signal });
    // Classes may have been removed meanwhile.
    const method = this.#checkMethod(options);
    const shares = this.#shares(row, method, options.neighbours);
    return shares
      .map((probability, index) => ({ label: this.#classes[index]?.label ?? '', index, probability }))
      .sort((a, b) => b.probability - a.probability || a.index - b.index)
      .slice(0, topK);
  }

  #checkMethod({ method = this.#head ? 'linear' : 'mean', neighbours = NEIGHBOURS }: PredictOptions | EvaluateOptions): Method {
    if (!this.#classes.some(({ rows }) => rows.length)) {
      throw new ResnetError('usage', 'There are no classes yet.', { hint: "Call add('label', images) first." });
    }
    if (!['mean', 'neighbours', 'linear'].includes(method)) {
      throw new ResnetError('usage', `${JSON.stringify(method)} is not a method.`, {
        layer: 'method',
        hint: 'Use mean, neighbours or linear.',
      });
    }
    if (method === 'linear' && !this.#head) {
      throw new ResnetError('usage', 'There is no trained head, or images have changed since.', { layer: 'method', hint: 'Call train().' });
    }
    if (!Number.isInteger(neighbours) || neighbours < 1) {
      throw new ResnetError('usage', `${neighbours} is not a number of neighbours.`, {
        layer: 'neighbours',
        hint: 'Pass a whole number from 1.',
      });
    }
    return method;
  }

  #shares(row: Float32Array, method: Method, neighbours = NEIGHBOURS): number[] {
    if (method === 'linear' && this.#head) return softmax(linear(this.#head, row));
    const { sums, sharpness } = this.#meansNow();
    const units = this.#classes.map((one) => one.units);
    if (method === 'neighbours') return ofNeighbours(unit(row), units, neighbours, sharpness);
    return softmax(
      toMeans(unit(row), sums, this.counts).map((near, c) => (units[c]?.length ? near * sharpness : Number.NEGATIVE_INFINITY)),
    );
  }

  #meansNow(): { sums: Float32Array[]; sharpness: number } {
    if (!this.#means) {
      const units = this.#classes.map((one) => one.units);
      const sums = sumsOf(units, this.#probe.length);
      this.#means = { sums, sharpness: sharpnessOf(units, sums) };
    }
    return this.#means;
  }

  /** Examples with their classes. */
  #set() {
    return {
      rows: this.#classes.flatMap(({ rows }) => rows),
      classOf: Int32Array.from(this.#classes.flatMap(({ rows }, c) => rows.map(() => c))),
      classes: this.#classes.length,
    };
  }

  async train({ signal }: { signal?: AbortSignal } = {}): Promise<void> {
    const empty = this.#classes.find(({ rows }) => rows.length === 0);
    if (this.#classes.length < 2 || empty) {
      const what = empty ? `'${empty.label}' has no images` : `There ${this.#classes.length === 1 ? 'is 1 class' : 'are no classes'}`;
      throw new ResnetError('usage', `${what}, but training needs two classes with images.`, {
        layer: 'train',
        hint: empty ? `Add some, or remove('${empty.label}').` : "Call add('label', images) for each class.",
      });
    }
    const before = this.#meansNow();
    const { trainHead } = await lazy.training();
    const head = await trainHead(this.#set(), signal);
    // It does not include what was added or removed meanwhile.
    if (this.#means === before) this.#head = head;
    else throw new ResnetError('usage', 'Images were added or removed while it trained.', { layer: 'train', hint: 'Call train() again.' });
  }

  async evaluate(options: EvaluateOptions = {}): Promise<Evaluation> {
    const method = this.#checkMethod(options);
    const set = this.#set();
    const labels = this.labels;
    const { said, exact } =
      method === 'linear' && this.#head
        ? await (await lazy.training()).leftOut(set, this.#head.penalty, options.signal)
        : { said: await this.#saidWithout(method, options), exact: true };
    const confusion = labels.map(() => labels.map(() => 0));
    set.classOf.forEach((c, i) => {
      const row = confusion[c];
      const s = said[i] ?? 0;
      if (row) row[s] = (row[s] ?? 0) + 1;
    });
    const right = confusion.map((row, c) => row[c] ?? 0);
    const sum = (values: number[]) => values.reduce((a, b) => a + b, 0);
    return {
      accuracy: sum(right) / set.rows.length,
      confusion,
      classes: labels.map((label, c) => {
        const count = sum(confusion[c] ?? []);
        return { label, count, recall: (right[c] ?? 0) / count, precision: (right[c] ?? 0) / sum(confusion.map((row) => row[c] ?? 0)) };
      }),
      method,
      exact,
    };
  }

  /** Classes by nearest mean or neighbours. Each example is left out in turn. */
  async #saidWithout(method: Method, { neighbours = NEIGHBOURS, signal }: EvaluateOptions): Promise<number[]> {
    const { sums, sharpness } = this.#meansNow();
    const units = this.#classes.map((one) => one.units.slice());
    const counts = this.counts;
    const pace = new Pace(signal);
    const said: number[] = [];
    for (const [c, own] of units.entries()) {
      for (const [i, query] of own.entries()) {
        if (pace.due) await pace.rest();
        const others = () => units.map((rows, other) => (other === c ? rows.toSpliced(i, 1) : rows));
        const shares = method === 'neighbours' ? ofNeighbours(query, others(), neighbours, sharpness) : toMeans(query, sums, counts, c);
        said.push(shares.reduce((best, share, at) => (share > (shares[best] ?? 0) ? at : best), 0));
      }
    }
    return said;
  }

  toJSON(): ClassesJSON {
    return toJson(this.#model, this.#probe, { classes: this.#classes, head: this.#head });
  }

  async toCheckpoint(): Promise<Bytes> {
    if (!this.#head) {
      const hint = 'Call train() first: nearest means are not a linear layer.';
      throw new ResnetError('usage', 'There is no trained head, or images have changed since.', { layer: 'toCheckpoint', hint });
    }
    const [head, labels] = [this.#head, this.labels];
    const { checkpointWith } = await lazy.trainedCheckpoints();
    return checkpointWith(this.#model, head, labels);
  }
}
