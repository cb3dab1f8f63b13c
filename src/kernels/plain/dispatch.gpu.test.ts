/** Every plain kernel on a device, with the cases of the kernel that it replaces. */
import { afterAll, expect, test } from 'vitest';
import { DispatchRunner } from '../../../test/support/dispatch.ts';
import { kernelCases, type NamedCase, runKernelCase } from '../../../test/support/kernel-cases.ts';
import { sampled } from '../../../test/support/long-run.ts';
import { openNodeDevice } from '../../../test/support/node-gpu.ts';
import { plainOf } from './dispatch.ts';

const device = await openNodeDevice();
const runner = new DispatchRunner(device);
afterAll(() => device.destroy());

/** The case with plain kernels instead of all kernels that have one. `undefined` if there are none. */
function inPlain({ name, precision, case: item }: NamedCase): NamedCase | undefined {
  const steps = item.steps(precision);
  const plain = steps.map(({ dispatch, ...step }) => ({ ...step, dispatch: plainOf(dispatch) ?? dispatch }));
  if (plain.every(({ dispatch }, i) => dispatch === steps[i]?.dispatch)) return undefined;
  return { name, precision, case: { ...item, steps: () => plain } };
}

/** For each replaced kernel, two cases in each precision. */
const counts = new Map<string, number>();
const all = kernelCases(device).flatMap((named) => inPlain(named) ?? []);
const cases = sampled('cases of plain kernels', all, ({ precision, case: item }) => {
  const steps = item.steps(precision);
  // Cases that fold a grid have millions of values. One thread after the other would take long for them.
  if (steps.some(({ dispatch }) => dispatch.workgroups.reduce((a, b) => a * b) > 1000)) return false;
  const kernels = steps.map(({ dispatch }) => `${dispatch.kernel} ${Object.keys(dispatch.constants)} ${precision}`);
  const isWanted = kernels.some((kernel) => (counts.get(kernel) ?? 0) < 2);
  for (const kernel of kernels) counts.set(kernel, (counts.get(kernel) ?? 0) + 1);
  return isWanted;
});

test.each(cases.map((named) => [named.name, named] as const))('%s', async (_, named) => {
  const { detail, rel } = await runKernelCase(runner, named);
  expect(detail, `relative error ${rel.toExponential(2)}`).toBe('');
});
