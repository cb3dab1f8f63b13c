/** The case list of every kernel against its reference: src/kernels/*.cases.ts. */
import type { List } from '../harness/case.ts';
import { DispatchRunner } from '../support/dispatch.ts';
import { kernelCases, runKernelCase } from '../support/kernel-cases.ts';

export const list: List = async ({ device }) => {
  const runner = new DispatchRunner(device);
  return kernelCases().map((named) => ({
    name: `kernels/${named.name}`,
    run: async () => {
      const { ok, detail, rel } = await runKernelCase(runner, named);
      if (!ok) throw new Error(detail);
      return rel.toExponential(1);
    },
  }));
};
