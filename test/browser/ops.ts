/** Single operators compared with PyTorch. */
import { runOp } from '../../src/testing/index.ts';
import type { List } from '../harness/case.ts';
import { paths, readCase, readTensor } from '../harness/goldens.ts';
import { expectClose, F16, f32 } from '../support/compare.ts';

interface OpCase {
  op: string;
  attrs: Parameters<typeof runOp>[1];
  inputs: Record<string, { file: string }>;
  output: { file: string };
}

export const list: List = async (context) => {
  const names = await paths(context, 'ops');
  return names.flatMap((path) =>
    (['f32', 'f16'] as const).map((precision) => ({
      name: `${path} ${precision}`,
      run: async () => {
        const { op, attrs, inputs, output } = await readCase<OpCase>(context, path);
        const tensors = await Promise.all(
          Object.entries(inputs).map(async ([name, file]) => [name, await readTensor(context, path, file)] as const),
        );
        const actual = await runOp(op, attrs, Object.fromEntries(tensors), { precision, device: context.device });
        const expected = await readTensor(context, path, output);
        return expectClose('output', actual, expected, precision === 'f16' ? F16 : f32()).toExponential(1);
      },
    })),
  );
};
