/** Every kernel alone, compared with its reference. */
import type { List } from '../harness/case.ts';
import { DispatchRunner } from '../support/dispatch.ts';
import { kernelCases, type NamedCase, runKernelCase } from '../support/kernel-cases.ts';

export const list: List = async ({ device, browser }) => {
  const runner = new DispatchRunner(device);
  const all = kernelCases(device);
  // Chromium takes a tenth of a second for each case, four times as long as Firefox, which runs all of them.
  const short = browser === 'chromium' ? sample(all) : new Set(all);
  return all.map((item) => ({
    name: `kernels/${item.name}`,
    long: !short.has(item),
    run: async () => {
      const { ok, rel, detail } = await runKernelCase(runner, item);
      if (!ok) throw new Error(detail);
      return rel.toExponential(1);
    },
  }));
};

/** Every third case of each kernel and variant, starting alternately with f32 and f16, because these are next to each other. */
function sample(all: readonly NamedCase[]): Set<NamedCase> {
  const variants = new Map<string, NamedCase[]>();
  for (const item of all) {
    const variant = item.case.steps(item.precision).map(({ dispatch }) => `${dispatch.kernel} ${dispatch.variant}`);
    const key = variant.join(', ');
    variants.set(key, [...(variants.get(key) ?? []), item]);
  }
  return new Set([...variants.values()].flatMap((same, turn) => same.filter((_, i) => i % 3 === Math.min(turn % 2, same.length - 1))));
}
