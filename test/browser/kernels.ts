/** Every kernel alone against its reference. */
import type { List } from '../harness/case.ts';
import { DispatchRunner } from '../support/dispatch.ts';
import { kernelCases, runKernelCase } from '../support/kernel-cases.ts';

export const list: List = async ({ device }) => {
  const runner = new DispatchRunner(device);
  return kernelCases(device).map((item) => ({
    name: `kernels/${item.name}`,
    run: async () => {
      const { ok, rel, detail } = await runKernelCase(runner, item);
      if (!ok) throw new Error(detail);
      return rel.toExponential(1);
    },
  }));
};
