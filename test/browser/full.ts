/** Full-size networks at 224x224 with generated weights. */
import { loadModel, type Tensor } from '../../src/index.ts';
import type { Context, List } from '../harness/case.ts';
import { type NetworkCase, type Output, paths, readCase, readTensor } from '../harness/goldens.ts';
import { outOfScope } from '../harness/scope.ts';
import { expectClose, expectSameTop1, F16, f32 } from '../support/compare.ts';
import { generate, generateTensors, type TensorRecipe } from '../support/generator.ts';
import { archOf } from './networks.ts';

interface FullCase extends Pick<NetworkCase, 'framework' | 'config'> {
  seed: number;
  parameters: number;
  input: { name: string; shape: number[]; scale: number; offset: number };
  logits: Output;
  stages: { out_index: number; shape: number[]; absmax: number; probe: number[] }[];
  tensors: TensorRecipe[];
}

/** Each network in one browser and one precision, by its position in the index. `npm run test:full` uses both browsers and both precisions. */
export const list: List = async (context) => {
  const all = await paths(context, 'full');
  return all.flatMap((path, i) =>
    (['f32', 'f16'] as const).map((precision) => {
      const scope = outOfScope(path);
      const isMine = (i % 2 === 0) === (context.browser === 'chromium') && i % 4 < 2 === (precision === 'f32');
      return {
        name: `${path} ${precision}`,
        long: !isMine,
        seconds: 240,
        ...(scope === undefined ? {} : { outOfScope: scope }),
        run: () => checkFull(context, path, precision),
      };
    }),
  );
};

export async function checkFull(context: Context, path: string, precision: 'f32' | 'f16'): Promise<string> {
  const golden = await readCase<FullCase>(context, path);
  const { seed, input } = golden;
  const count = input.shape.reduce((a, b) => a * b, 1);
  const tensor = { data: generate(input.name, count, seed, input.scale, input.offset), shape: input.shape };
  const weights = generateTensors(golden.tensors, seed);
  const model = await loadModel({ arch: archOf(golden), weights }, { device: context.device, precision });
  try {
    if (model.info.parameters !== golden.parameters) {
      throw new Error(`${model.info.parameters} parameters, expected ${golden.parameters}`);
    }
    const { logits } = await model.run(tensor, { features: false, logits: true });
    const expected = await readTensor(context, path, golden.logits);
    try {
      const error = expectClose('logits', logits, expected, precision === 'f16' ? F16 : f32(golden.logits.f32_error));
      if (logits) expectSameTop1(logits, expected);
      return error.toExponential(1);
    } catch (error) {
      const { features } = await model.run(tensor, { features: golden.stages.map(({ out_index }) => out_index) });
      throw new Error(`${(error as Error).message}; ${firstDifference(golden, features, precision === 'f16' ? 1e-2 : 1e-4)}`);
    }
  } finally {
    model.dispose();
  }
}

/** The first stage whose probes (elements at (k * 7919 + 13) mod size) are wrong, to say where to look. */
function firstDifference({ stages }: FullCase, features: Tensor[], tolerance: number): string {
  for (const [i, { out_index, probe, absmax }] of stages.entries()) {
    const data = features[i]?.data ?? new Float32Array(1);
    const off = probe.findIndex((value, k) => !(Math.abs((data[(k * 7919 + 13) % data.length] ?? 0) - value) <= tolerance * absmax));
    if (off >= 0) return `probe ${off} of stage ${out_index} is off`;
  }
  return 'the probes of all stages are right';
}
