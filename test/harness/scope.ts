/**
 * Reference cases that the library cannot run yet, and why. The tests expect a ResnetError for each, so that a case which
 * works cannot stay on the list.
 */
const reasons: Record<string, string[]> = {};

const byPath = new Map(Object.entries(reasons).flatMap(([reason, cases]) => cases.map((path) => [path, reason] as const)));

export function outOfScope(path: string): string | undefined {
  return byPath.get(path);
}
