/** Runs a small case's plan several times on this GPU, and checks the results. */
import { Executable } from '../../gpu/executable.ts';
import type { InputPlace } from '../../gpu/input-writer.ts';
import { WeightStore } from '../../gpu/weight-store.ts';
import { classOf, type Form } from '../../kernels/avoid.ts';
import type { Precision } from '../../kernels/lib/kernel.ts';
import type { Session } from '../../model/session.ts';
import type { Plan } from '../../plan/types.ts';
import { isNear, isSame } from './near.ts';
import type { Numbers } from './plan-cases.ts';

/** Relative L2 error of one operation. In f32 it is that of F(4x4). In f16 models it includes the rounding of weights, output and f16 sums. */
const TOLERANCE: Record<Precision, number> = { f32: 5e-5, f16: 3e-3 };

/** Factor for a second set of inputs. Not -1, because products of two inputs would be the same. */
const OTHER = -0.5;

export type Verdict = 'right' | 'off' | 'unstable';

/** The reason in words, for warnings. The steps of a convolution are excluded together, since nobody can tell which of them is wrong. */
export function reasonFor(verdict: Exclude<Verdict, 'right'>, dispatch: Form): string {
  const who = /^(winograd|split)$/.test(classOf(dispatch) ?? '') ? 'a convolution with it' : 'it';
  return verdict === 'off' ? `${who} computes something else on this GPU` : `${who} gave other numbers the second time`;
}

export async function verdictOf(session: Session, plan: Plan, numbers: Numbers): Promise<Verdict> {
  const { engine, precision } = session;
  const store = new WeightStore(engine);
  let executable: Executable | undefined;
  try {
    await store.allocate(plan.weights);
    await store.upload(plan.weights, precision, numbers.read);
    const made = await Executable.create(engine, plan, store);
    executable = made;
    const run = async (factor: number) => {
      const write = ({ device, buffer, byteOffset, input }: InputPlace) => {
        const data = numbers.inputs.get(plan.inputs[input]?.name ?? '')?.map((x) => x * factor);
        if (data) device.queue.writeBuffer(buffer, byteOffset, data as Float32Array<ArrayBuffer>);
      };
      const [output] = await made.run({ write }, made.allOutputs);
      return output ?? new Float32Array();
    };
    // The run in between has other inputs and a reference of its own, so that neither a leftover result passes nor a kernel that fails every
    // second time.
    const [first, other, last] = [await run(1), await run(OTHER), await run(1)];
    if (!isSame(first, last)) return 'unstable';
    const isRight = async (output: Float32Array, factor?: number) => isNear(output, await numbers.expected(factor), TOLERANCE[precision]);
    if (!(await isRight(first))) return 'off';
    return (await isRight(other, OTHER)) ? 'right' : 'unstable';
  } catch (error) {
    // A value beyond the range of f16 that is not expected.
    if ((error as { code?: string }).code === 'f16-overflow') return 'off';
    throw error;
  } finally {
    executable?.dispose();
    store.dispose();
  }
}
