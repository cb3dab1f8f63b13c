/**
 * Arguments of a constructor, read one by one with their checks. What is left unread at the end is refused, as Python
 * refuses an unexpected keyword, so that a misspelt argument never passes silently.
 */
import { ResnetError } from '../errors.ts';

export interface IntegerRange {
  min?: number;
  max?: number;
}

export class Arguments {
  /** Class name, and the path to it in a nested configuration: `ResNet`, `ResNet.norm_cfg`. */
  readonly where: string;
  readonly #given: Readonly<Record<string, unknown>>;
  readonly #known = new Set<string>(['type']);

  constructor(where: string, given: Readonly<Record<string, unknown>>) {
    this.where = where;
    this.#given = given;
  }

  fail(name: string, what: string, hint: string): never {
    throw new ResnetError('config', what, { layer: `${this.where}.${name}`, hint });
  }

  /** The raw value; null and undefined both mean that it is absent. */
  read(name: string): unknown {
    this.#known.add(name);
    return this.#given[name] ?? undefined;
  }

  has(name: string): boolean {
    return name in this.#given;
  }

  number(name: string, fallback?: number): number {
    const value = this.read(name) ?? fallback;
    if (typeof value !== 'number' || !Number.isFinite(value)) return this.#wrong(name, value, 'a number');
    return value;
  }

  integer(name: string, fallback?: number, { min = 1, max = Infinity }: IntegerRange = {}): number {
    const value = this.number(name, fallback);
    if (!Number.isInteger(value) || value < min || value > max) {
      return this.#wrong(name, value, max === Infinity ? `an integer of at least ${min}` : `an integer from ${min} to ${max}`);
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

  /** One entry a stage. */
  perStage<Value extends 'number' | 'boolean'>(
    name: string,
    fallback: readonly (Value extends 'number' ? number : boolean)[],
    stages: number,
    kind: Value,
  ): (Value extends 'number' ? number : boolean)[] {
    const value = this.read(name) ?? fallback;
    if (!Array.isArray(value) || !value.every((one) => typeof one === kind && (kind === 'boolean' || (Number.isInteger(one) && one > 0)))) {
      return this.#wrong(name, value, `a list of ${kind === 'number' ? 'positive integers' : 'booleans'}`);
    }
    if (value.length !== stages)
      this.fail(name, `has ${value.length} entries, but there are ${stages} stages.`, 'Give one for each stage.');
    return value;
  }

  integers(name: string, fallback?: readonly number[]): number[] {
    const value = this.read(name) ?? fallback;
    return Array.isArray(value) && value.every(Number.isInteger) ? value : this.#wrong(name, value, 'a list of integers');
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

  /** Accepted for compatibility: training only. */
  ignore(...names: string[]): void {
    for (const name of names) this.#known.add(name);
  }

  done(): void {
    for (const name of Object.keys(this.#given)) {
      if (this.#known.has(name)) continue;
      this.fail(
        name,
        'is no argument of this class.',
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

function show(value: unknown): string {
  return JSON.stringify(value) ?? String(value);
}
