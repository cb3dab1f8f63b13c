import type { Value } from './pickle.ts';

/** An object of a pickle as a dict of its contents. */
export class ObjectDict extends Map<Value, Value> {
  /** Class, dotted. */
  readonly className: string;
  /** Plain attributes of a module (kernel sizes, eps). Undefined for other objects, whose attributes are the entries. */
  readonly attributes: Readonly<Record<string, unknown>> | undefined;

  constructor(className: string, content: Iterable<readonly [Value, Value]>, attributes?: Record<string, unknown>) {
    super(content);
    this.className = className;
    this.attributes = attributes;
  }
}
