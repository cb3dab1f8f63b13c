/** The arguments of one operation, checked as they are read: attributes by name, tensors by role. Pure. */

import type { Tensor } from '../api/types.ts';
import type { Pair } from '../graph/types.ts';
import { ResnetError } from '../util/errors.ts';

/** A value of an attribute. */
type Value = number | boolean | string | readonly number[] | undefined;
/** Attributes of an operation, with PyTorch's names. A pair is [vertical, horizontal], or one number for both. */
export type OpAttrs = Record<string, Value>;

/** The arguments that an operation accepts. A name with synonyms is `name|synonym|…`. A tensor that may be absent ends in `?`. */
export interface Signature {
  attrs: readonly string[];
  tensors: readonly string[];
}

const show = (value: unknown) =>
  Array.isArray(value) ? `[${value.join(', ')}]` : typeof value === 'string' ? `'${value}'` : String(value);

/** Throws unless a tensor has these sizes. */
export function requireShape(name: string, shape: readonly number[], expected: readonly number[], why: string): void {
  if (shape.join() === expected.join()) return;
  throw new ResnetError('shape', `has shape [${shape.join(', ')}], but ${why}.`, {
    layer: name,
    hint: `Pass a tensor of shape [${expected.join(', ')}].`,
  });
}

export class Arguments {
  readonly op: string;
  readonly #attrs = new Map<string, Value>();
  readonly #tensors: Record<string, Tensor>;

  constructor(op: string, { attrs, tensors }: Signature, givenAttrs: OpAttrs, givenTensors: Record<string, Tensor>) {
    this.op = op;
    this.#tensors = givenTensors;
    const names = new Map(attrs.flatMap((names) => names.split('|').map((name, _, all) => [name, all[0] ?? name] as const)));
    for (const [given, value] of Object.entries(givenAttrs)) {
      if (value === undefined) continue;
      const name = names.get(given);
      if (name === undefined)
        this.#unknown(
          'attribute',
          given,
          attrs.map((names) => names.replaceAll('|', ' or ')),
        );
      if (this.#attrs.has(name)) this.refuse(given, 'is given twice, once as its synonym.', 'Pass one of the two.');
      this.#attrs.set(name, value);
    }
    const roles = tensors.map((name) => name.replace('?', ''));
    for (const given of Object.keys(givenTensors)) {
      if (givenTensors[given] !== undefined && !roles.includes(given)) this.#unknown('tensor', given, roles);
    }
    for (const name of tensors) if (!name.endsWith('?') || this.has(name.slice(0, -1))) this.#check(name.replace('?', ''));
  }

  #unknown(kind: string, given: string, known: readonly string[]): never {
    throw new ResnetError('usage', `takes no ${kind} ${given}.`, {
      layer: this.op,
      hint: known.length > 0 ? `It takes ${known.join(', ')}.` : `It takes no ${kind}s.`,
    });
  }

  #check(name: string): void {
    const tensor = this.#tensors[name];
    if (!tensor) throw new ResnetError('usage', `${this.op} needs the tensor ${name}.`, { layer: name, hint: 'Pass it in inputs.' });
    const { data, shape } = tensor;
    if (!(data instanceof Float32Array) || !Array.isArray(shape)) {
      throw new ResnetError('usage', 'is not { data: Float32Array, shape: number[] }.', { layer: name, hint: 'Convert it to float32.' });
    }
    if (!shape.every((size) => Number.isInteger(size) && size > 0)) {
      throw new ResnetError('shape', `has shape [${shape.join(', ')}].`, { layer: name, hint: 'Every axis needs a size of at least 1.' });
    }
    const size = shape.reduce((a, b) => a * b, 1);
    if (data.length !== size) {
      throw new ResnetError('shape', `has ${data.length} values, but [${shape.join(', ')}] takes ${size}.`, {
        layer: name,
        hint: 'Make data and shape agree.',
      });
    }
  }

  /** Throws a `usage` error about an attribute. */
  refuse(attribute: string, what: string, hint: string): never {
    throw new ResnetError('usage', `${attribute} ${what}`, { layer: this.op, hint });
  }

  has(tensor: string): boolean {
    return this.#tensors[tensor] !== undefined;
  }

  /** A tensor that must be present. Optional ones are checked with `has` first. */
  tensor(name: string): Tensor {
    return this.#tensors[name] ?? this.refuse(name, 'is missing.', 'Pass it in inputs.');
  }

  /** An attribute as it was passed, or undefined. */
  raw(name: string): Value {
    return this.#attrs.get(name);
  }

  #value(name: string, fallback: Value): Value {
    return this.#attrs.get(name) ?? fallback ?? this.refuse(name, 'is missing.', `Pass it in attrs: ${this.op} has no default for it.`);
  }

  #expected(name: string, what: string, value: Value): never {
    return this.refuse(name, `must be ${what}, not ${show(value)}.`, 'Check attrs.');
  }

  boolean(name: string, fallback: boolean): boolean {
    const value = this.#value(name, fallback);
    return typeof value === 'boolean' ? value : this.#expected(name, 'true or false', value);
  }

  /** A finite number, `least` or more. */
  number(name: string, fallback: number, least = Number.NEGATIVE_INFINITY): number {
    const value = this.#value(name, fallback);
    if (typeof value === 'number' && Number.isFinite(value) && value >= least) return value;
    return this.#expected(name, least === Number.NEGATIVE_INFINITY ? 'a finite number' : `a number of at least ${least}`, value);
  }

  /** A whole number, `least` or more. */
  integer(name: string, least: number, fallback?: number): number {
    const value = this.#value(name, fallback);
    return isInteger(value, least) ? value : this.#expected(name, whole(least), value);
  }

  /** [vertical, horizontal], or one whole number for both. */
  pair(name: string, least: number, fallback?: number | Pair): Pair {
    const value = this.#value(name, fallback);
    if (isInteger(value, least)) return [value, value];
    const [y, x, ...more] = Array.isArray(value) ? (value as number[]) : [];
    if (isInteger(y, least) && isInteger(x, least) && more.length === 0) return [y, x];
    return this.#expected(name, `${whole(least)} or a pair of them`, value);
  }

  /** Integers, as many as `lengths` allows. A single number counts as a list of one. */
  integers(name: string, least: number, lengths: readonly number[] | undefined, what: string): number[] {
    const value = this.#value(name, undefined);
    const list = typeof value === 'number' ? [value] : Array.isArray(value) ? ([...value] as number[]) : [];
    const fits = lengths ? lengths.includes(list.length) : list.length > 0;
    // A list of one is not a number. PyTorch treats it differently.
    const ambiguous = lengths !== undefined && list.length === 1 && typeof value !== 'number';
    return fits && !ambiguous && list.every((item) => isInteger(item, least)) ? list : this.#expected(name, what, value);
  }
}

const whole = (least: number) => `a whole number of at least ${least}`;

function isInteger(value: unknown, least: number): value is number {
  return typeof value === 'number' && Number.isSafeInteger(value) && value >= least;
}
