/**
 * Reads the arguments of a constructor one by one, with checks. Arguments that nobody read are refused at the end, as Python
 * refuses an unexpected keyword. So a misspelt argument never passes silently.
 */
import { ResnetError } from '../util/errors.ts';
import { isReal, LIMITS, type Quantity } from '../util/limits.ts';
import { show } from '../util/show.ts';

export interface Range {
  min?: number;
  /** Largest plausible value. */
  max?: number;
}

export class Arguments {
  /** Class name, and the path to it in a nested configuration: `ResNet`, `ResNet.norm_cfg`. */
  readonly where: string;
  readonly #given: Readonly<Record<string, unknown>>;
  readonly #known = new Set<string>(['type']);
  /** The code that reads rare arguments (variants.ts), if it has been fetched. needed.ts has its type. */
  readonly variants: object | undefined;

  constructor(where: string, given: Readonly<Record<string, unknown>>, variants?: object) {
    this.where = where;
    this.#given = given;
    this.variants = variants;
  }

  fail(name: string, what: string, hint: string): never {
    throw new ResnetError('config', what, { layer: `${this.where}.${name}`, hint });
  }

  /** The raw value. null and undefined both mean that the argument is absent. */
  read(name: string): unknown {
    this.#known.add(name);
    return this.#given[name] ?? undefined;
  }

  has(name: string): boolean {
    return name in this.#given;
  }

  number(name: string, fallback?: number, { min = -LIMITS.number, max = LIMITS.number }: Range = {}): number {
    const value = this.read(name) ?? fallback;
    if (typeof value !== 'number' || Number.isNaN(value)) return this.#wrong(name, value, 'a number');
    return value < min || value > max ? this.#wrong(name, value, `a number from ${min} to ${max}`) : value;
  }

  integer(name: string, fallback?: number, { min = 1, max }: Range = {}): number {
    const value = this.read(name) ?? fallback;
    const most = max ?? LIMITS.channels;
    if (typeof value !== 'number' || Number.isNaN(value)) return this.#wrong(name, value, 'a number');
    if (!Number.isInteger(value) || value < min || value > most) {
      return this.#wrong(
        name,
        value,
        max === undefined && !(value > most) ? `an integer of at least ${min}` : `an integer from ${min} to ${most}`,
      );
    }
    return value;
  }

  boolean(name: string, fallback: boolean): boolean {
    const value = this.read(name) ?? fallback;
    return typeof value === 'boolean' ? value : this.#wrong(name, value, 'true or false');
  }

  choice<Value extends string | number>(name: string, allowed: readonly Value[], fallback?: Value): Value {
    const value = this.read(name) ?? fallback;
    const found = allowed.find((one) => one === value);
    return found ?? this.#wrong(name, value, `one of ${allowed.map(show).join(', ')}`);
  }

  /** One entry for each stage. */
  perStage<Value extends 'number' | 'boolean'>(
    name: string,
    fallback: readonly (Value extends 'number' ? number : boolean)[],
    stages: number,
    kind: Value,
    quantity: Quantity = 'channels',
  ): (Value extends 'number' ? number : boolean)[] {
    const value = kind === 'number' ? this.sizes(name, fallback as readonly number[], quantity) : (this.read(name) ?? fallback);
    if (!Array.isArray(value) || !value.every((one) => typeof one === kind)) return this.#wrong(name, value, 'a list of booleans');
    if (value.length !== stages)
      this.fail(name, `has ${value.length} entries, but there are ${stages} stages.`, 'Give one for each stage.');
    return value;
  }

  integers(name: string, fallback?: readonly number[]): number[] {
    const value = this.read(name) ?? fallback;
    const fits = Array.isArray(value) && value.every((one) => Number.isInteger(one) && Math.abs(one) <= LIMITS.number);
    return fits ? value : this.#wrong(name, value, 'a list of integers');
  }

  /** Positive integers, one for each stage or part. */
  sizes(name: string, fallback?: readonly number[], quantity: Quantity = 'channels'): number[] {
    const value = this.read(name) ?? fallback;
    if (!Array.isArray(value) || !value.every((one) => Number.isInteger(one) && one > 0))
      return this.#wrong(name, value, 'a list of positive integers');
    const most = LIMITS[quantity];
    if (value.some((one) => one > most)) return this.#wrong(name, value, `a list of integers from 1 to ${most}`);
    if (value.length > LIMITS.parts) this.fail(name, `has ${value.length} entries.`, `Give at most ${LIMITS.parts}.`);
    return value;
  }

  /** One number for each channel: a mean, or a standard deviation, which must be above 0. */
  levels(name: string, kind: 'mean' | 'deviation'): number[] | undefined {
    const value = this.read(name);
    const fits = (level: unknown) => isReal(level, 'level') && (kind === 'mean' || level > 0);
    if (value === undefined || (Array.isArray(value) && value.length > 0 && value.length <= 1024 && value.every(fits))) return value;
    return this.#wrong(name, value, `a list of numbers${kind === 'mean' ? '' : ' above 0'}, one for each channel`);
  }

  /** A nested dict, or undefined. */
  dict(name: string, fallback?: Readonly<Record<string, unknown>>): Arguments | undefined {
    const value = this.read(name) ?? fallback;
    if (value === undefined) return undefined;
    if (!isDict(value)) return this.#wrong(name, value, 'a dict such as { type: … }');
    return new Arguments(`${this.where}.${name}`, value);
  }

  list(name: string): Arguments[] {
    const value = this.read(name) ?? [];
    if (!Array.isArray(value) || !value.every(isDict)) return this.#wrong(name, value, 'a list of dicts');
    return value.map((one, i) => new Arguments(`${this.where}.${name}[${i}]`, one));
  }

  /** The `type` of a nested dict, which is mandatory there. */
  type(allowed: readonly string[]): string {
    return this.choice('type', allowed);
  }

  /** Accepted for compatibility. Only matters in training. */
  ignore(...names: string[]): void {
    for (const name of names) this.#known.add(name);
  }

  done(): void {
    for (const name of Object.keys(this.#given)) {
      if (this.#known.has(name)) continue;
      this.fail(
        name,
        'is not an argument of this class.',
        `Remove it; known are ${[...this.#known]
          .filter((one) => one !== 'type')
          .sort()
          .join(', ')}.`,
      );
    }
  }

  #wrong(name: string, value: unknown, wanted: string): never {
    return this.fail(name, value === undefined ? 'is missing.' : `is ${show(value)}.`, `It must be ${wanted}.`);
  }
}

function isDict(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
