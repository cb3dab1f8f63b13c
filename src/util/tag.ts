/** The class of a value from its tag. `instanceof` fails for objects from another frame or realm. */
export function tagOf(value: unknown): string {
  return Object.prototype.toString.call(value).slice(8, -1);
}
