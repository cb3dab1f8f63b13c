/** Checks that a converted model still gives the results that it gave when it was converted. */
import type { GoldenRecord } from '../checkpoint/manifest.ts';
import { arrayInput } from '../gpu/input-writer.ts';
import type { Precision } from '../kernels/lib/kernel.ts';
import { outputsTail, type Session } from '../model/session.ts';
import { seededInput } from './seeded.ts';

/** Relative L2 error through the whole network. */
const TOLERANCE: Record<Precision, number> = { f32: 1e-4, f16: 2e-2 };

export interface GoldenCheck {
  pass: boolean;
  /** Text for the self test's report. */
  line: string;
}

export async function checkGolden(session: Session, { seed, inputShape, outputs }: GoldenRecord): Promise<GoldenCheck> {
  const known = new Set(session.graph(inputShape).nodes.map(({ name }) => name));
  const present = outputs.filter(({ node }) => known.has(node));
  const data = seededInput(inputShape, seed);
  const nodes = present.map(({ node }) => node);
  const values = await session.run({ shape: inputShape, outputs: nodes, input: arrayInput(data), tail: outputsTail });
  const errors = present.map(({ step, values: expected }, i) => relativeError(values[i] ?? new Float32Array(), step, expected));
  const worst = present.length === outputs.length ? Math.max(...errors) : Number.NaN;
  const tolerance = TOLERANCE[session.precision];
  const pass = worst <= tolerance;
  const line = `- golden record: ${pass ? 'pass' : 'FAIL'}, at most ${worst.toExponential(1)} off in ${nodes.join(', ')}; ${tolerance} is allowed`;
  return { pass, line };
}

/** Every `step`-th number. */
function relativeError(actual: Float32Array, step: number, expected: readonly number[]): number {
  let squares = 0;
  let norm = 0;
  expected.forEach((value, i) => {
    squares += ((actual[i * step] ?? Number.NaN) - value) ** 2;
    norm += value ** 2;
  });
  return Math.sqrt(squares / (norm || 1));
}
