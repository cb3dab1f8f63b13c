/** JSON files of model hosts, read field by field with checks. Null is Python's None and counts as absent. */
import { indexOf, isCount, isReal, LIMITS, type Quantity } from '../util/limits.ts';
import { show } from '../util/show.ts';
import { malformed } from './fail.ts';

const HINT = 'The file is not as its library writes it. Pass arch, labels and preprocess with the weights, or ask its author.';

export class Card {
  readonly #fields: Readonly<Record<string, unknown>>;
  /** File, and the path to a nested object in it: `config.json: pretrained_cfg`. */
  readonly #where: string;

  constructor(fields: Readonly<Record<string, unknown>>, where: string) {
    this.#fields = fields;
    this.#where = where;
  }

  get place(): string {
    return this.#where;
  }

  /** Its fields, followed by those of another object. */
  over(other: Card): Card {
    const own = Object.entries(this.#fields).filter(([, value]) => value !== null && value !== undefined);
    return new Card({ ...other.#fields, ...Object.fromEntries(own) }, this.#where);
  }

  /** The unchecked value. Undefined if it is absent or null. */
  raw(name: string): unknown {
    return Object.hasOwn(this.#fields, name) ? (this.#fields[name] ?? undefined) : undefined;
  }

  fail(name: string, value: unknown, wanted: string): never {
    throw malformed(this.#where, `${name} is ${show(value)}, not ${wanted}.`, HINT);
  }

  text(name: string): string | undefined {
    const value = this.raw(name);
    return value === undefined || typeof value === 'string' ? value : this.fail(name, value, 'a string');
  }

  flag(name: string): boolean | undefined {
    const value = this.raw(name);
    return value === undefined || typeof value === 'boolean' ? value : this.fail(name, value, 'true or false');
  }

  count(name: string, quantity: Quantity, min = 1): number | undefined {
    const value = this.raw(name);
    if (value === undefined || isCount(value, quantity, min)) return value;
    return this.fail(name, value, `a whole number from ${min} to ${LIMITS[quantity]}`);
  }

  /** Above 0. */
  ratio(name: string): number | undefined {
    const value = this.raw(name);
    if (value === undefined || (isReal(value, 'number', 0) && value > 2 ** -20)) return value;
    return this.fail(name, value, `a number above 0, up to ${LIMITS.number}`);
  }

  /** One number for each channel: a mean (any value), or a deviation (above 0). */
  levels(name: string, kind: 'mean' | 'deviation'): number[] | undefined {
    const value = this.raw(name);
    const fits = (level: unknown) => isReal(level, 'level') && (kind === 'mean' || level > 0);
    if (value === undefined || (Array.isArray(value) && value.length > 0 && value.length <= 1024 && value.every(fits))) return value;
    return this.fail(name, value, `a list of numbers${kind === 'mean' ? '' : ' above 0'}, one for each channel`);
  }

  card(name: string): Card | undefined {
    const value = this.raw(name);
    if (value === undefined) return undefined;
    return isObject(value) ? new Card(value, `${this.#where}: ${name}`) : this.fail(name, value, 'an object');
  }

  /** The raw fields, for callers that check them themselves. */
  all(): Record<string, unknown> {
    return { ...this.#fields };
  }

  /** The first string of a list. */
  first(name: string): string | undefined {
    const value = this.raw(name);
    if (value === undefined) return undefined;
    if (!Array.isArray(value)) return this.fail(name, value, 'a list of strings');
    const [one] = value as unknown[];
    return one === undefined || typeof one === 'string' ? one : this.fail(name, value, 'a list of strings');
  }

  /** Class names in index order, from a list, or from an object whose keys are the indices. Unnamed classes get their index as name. */
  labels(name: string): string[] | undefined {
    const value = this.raw(name);
    if (value === undefined) return undefined;
    if (!Array.isArray(value) && !isObject(value)) return this.fail(name, value, 'a list or an object of class names');
    const labels: string[] = [];
    for (const [key, label] of Object.entries(value)) {
      const index = indexOf(key, 'classes') ?? this.fail(`an index in ${name}`, key, `a class from 0 to ${LIMITS.classes - 1}`);
      if (typeof label === 'object' && label !== null) this.fail(`${name}[${index}]`, label, 'a string');
      labels[index] = String(label ?? index);
    }
    return labels.length > 0 ? Array.from(labels, (label, i) => label ?? String(i)) : undefined;
  }
}

export function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
