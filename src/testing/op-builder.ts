/** Collects the input nodes and weights of one operation. Pure. */

import type { Tensor } from '../api/types.ts';
import { GraphBuilder, type Weights } from '../graph/builder.ts';
import { product } from '../graph/shape.ts';
import type { WeightRole } from '../graph/types.ts';
import { ResnetError } from '../util/errors.ts';
import { Arguments, requireShape } from './op-arguments.ts';

/** WebGPU's limit of workgroups along one axis. Images are along one axis. */
export const MAX_IMAGES = 65535;

export class OpBuilder extends Arguments {
  readonly graph = new GraphBuilder();
  readonly feeds = new Map<string, Tensor>();
  readonly weights = new Map<string, Tensor>();
  /** Shape of the result, if the graph computes it in another form. */
  shape: number[] | undefined;

  /** An input node for a tensor, reshaped if a shape is given. */
  feed(name: string, shape = this.tensor(name).shape): string {
    this.feeds.set(name, this.tensor(name));
    return this.graph.add('input', name, [], { shape });
  }

  /** A map [n, c, h, w]. */
  feedMap(name: string): string {
    const { shape } = this.tensor(name);
    if (shape.length !== 4) {
      throw new ResnetError('shape', `has shape [${shape.join(', ')}], but ${this.op} needs [n, c, h, w].`, {
        layer: name,
        hint: 'Add the axes of size 1 that it lacks.',
      });
    }
    return this.feedRows(name, shape);
  }

  /** A tensor [n, c, ...] as a map. The result gets the tensor's shape again. */
  feedChannels(name: string): string {
    const { shape } = this.tensor(name);
    const [n = 1, c, h = 1, ...rest] = shape;
    if (c === undefined) {
      throw new ResnetError('shape', `has shape [${shape.join(', ')}], but ${this.op} needs [n, c, ...].`, {
        layer: name,
        hint: 'Add an axis of channels.',
      });
    }
    this.shape = [...shape];
    return this.feedRows(name, [n, c, h, product(rest)]);
  }

  /** A tensor whose first axis becomes images. A dispatch has a limit of images. */
  feedRows(name: string, shape: number[]): string {
    const [n = 1, c = 1] = shape;
    // The grid that converts layouts has images times blocks of 32 channels along one axis (kernels/layout/dispatch.ts).
    const blocks = c > 28 ? Math.ceil(c / 32) : 1;
    if (n * blocks > MAX_IMAGES) {
      throw new ResnetError(
        'device-limits',
        `has ${n} rows of ${c} channels, but ${this.op} takes at most ${Math.floor(MAX_IMAGES / blocks)}.`,
        {
          layer: name,
          hint: 'Split it into several calls.',
        },
      );
    }
    return this.feed(name, shape);
  }

  /** A tensor of any shape whose values are independent. The result gets the tensor's shape again. */
  feedValues<Names extends string[]>(...names: Names): { [I in keyof Names]: string } {
    const [first = 'x'] = names;
    const { shape } = this.tensor(first);
    for (const name of names) {
      requireShape(name, this.tensor(name).shape, shape, `${first} has [${shape.join(', ')}] and ${this.op} does not broadcast`);
    }
    this.shape = [...shape];
    const flat = shape.length === 4 && (shape[0] ?? 1) * Math.ceil((shape[1] ?? 1) / 32) <= MAX_IMAGES ? shape : oneImage(product(shape));
    return names.map((name) => this.feed(name, flat)) as { [I in keyof Names]: string };
  }

  /** Weights for the roles that were passed as tensors. */
  roles(shapes: Partial<Record<WeightRole, readonly number[]>>, why: string): Weights {
    const found: Weights = {};
    for (const role of Object.keys(shapes) as WeightRole[]) {
      if (!this.has(role)) continue;
      const shape = [...(shapes[role] ?? [])];
      requireShape(role, this.tensor(role).shape, shape, why);
      this.weights.set(role, this.tensor(role));
      found[role] = { key: role, shape };
    }
    return found;
  }

  /** Gain and shift of a norm. If only one was passed, the other becomes 1 or 0. */
  affine(shape: readonly number[], why: string): Weights {
    const found = this.roles({ weight: shape, bias: shape }, why);
    if (!found.weight && !found.bias) return found;
    const flat = [product(shape)];
    for (const [role, fill] of [
      ['weight', 1],
      ['bias', 0],
    ] as const) {
      const data = found[role] ? this.tensor(role).data : new Float32Array(product(shape)).fill(fill);
      this.weights.set(role, { data, shape: flat });
      found[role] = { key: role, shape: flat };
    }
    return found;
  }
}

/** [1, c, 1, values / c] with the c that wastes the least padding in groups of 4 channels. */
function oneImage(values: number): number[] {
  let best = 1;
  const waste = (c: number) => Math.ceil(c / 4) / c;
  for (let c = 2; c <= 64; c++) if (values % c === 0 && waste(c) < waste(best)) best = c;
  return [1, best, 1, values / best];
}
