/** Small networks of every kind compared with PyTorch, from the checkpoint file to feature maps and logits. */
import { type LibraryConfig, loadModel, type Model, type ModelSource } from '../../src/index.ts';
import type { BrowserCase, Context, List } from '../harness/case.ts';
import { type NetworkCase, paths, readCase, readTensor } from '../harness/goldens.ts';
import { outOfScope } from '../harness/scope.ts';
import { expectClose, expectSameTop1, F16, f32 } from '../support/compare.ts';

type Arch = Exclude<ModelSource, string | URL>['arch'];
type Format = keyof NetworkCase['weights'];

/** One format for each network is enough, except for the formats themselves and the single case of OpenMMLab's wrapper. */
const otherFormats: Record<string, Format[]> = {
  'classifier/resnet50_gap_linear_multi_out': ['zip'],
};

export const list: List = async (context) => {
  const names = await paths(context, 'resnet', 'classifier', 'timm', 'torchvision', 'formats', 'mmdet');
  return names.flatMap((path) => casesOf(context, path));
};

function casesOf(context: Context, path: string): BrowserCase[] {
  const others: Format[] = path.startsWith('formats/') ? ['zip', 'legacy'] : (otherFormats[path] ?? []);
  const scope = outOfScope(path);
  const shared = scope === undefined ? {} : { outOfScope: scope };
  return [
    { name: `${path} f32`, ...shared, run: () => checkNetwork(context, path, 'safetensors', 'f32') },
    { name: `${path} f16`, ...shared, run: () => checkNetwork(context, path, 'safetensors', 'f16') },
    ...others.map((format) => ({ name: `${path} ${format}`, ...shared, run: () => checkNetwork(context, path, format, 'f32') })),
  ];
}

export function archOf({ framework, config }: Pick<NetworkCase, 'framework' | 'config'>): Arch {
  return framework === 'mm' ? (config as Arch) : ({ library: framework, ...config } as LibraryConfig);
}

export async function checkNetwork(context: Context, path: string, format: Format, precision: 'f32' | 'f16'): Promise<string> {
  const golden = await readCase<NetworkCase>(context, path);
  const weights = await context.bytes(`test/goldens/${path}/${golden.weights[format]}`);
  const model = await loadModel({ arch: archOf(golden), weights }, { device: context.device, precision });
  try {
    return await checkOutputs(context, path, golden, model, precision);
  } finally {
    model.dispose();
  }
}

async function checkOutputs(context: Context, path: string, golden: NetworkCase, model: Model, precision: 'f32' | 'f16'): Promise<string> {
  const input = await readTensor(context, path, golden.input);
  // By default a library's configuration returns every stage, and logits when asked.
  const result = await model.run(input, golden.framework === 'mm' ? undefined : { features: true, logits: true });
  if (result.features.length !== golden.outputs.length) {
    throw new Error(`${result.features.length} feature maps, expected those of stages ${golden.outputs.map(({ out_index }) => out_index)}`);
  }
  const errors: number[] = [];
  const close = async (what: string, actual: typeof result.logits, output: { file: string; f32_error?: number }) => {
    const expected = await readTensor(context, path, output);
    errors.push(expectClose(what, actual, expected, precision === 'f16' ? F16 : f32(output.f32_error)));
    return expected;
  };
  for (const [i, output] of golden.outputs.entries()) await close(`stage ${output.out_index}`, result.features[i], output);
  if (golden.logits) {
    const expected = await close('logits', result.logits, golden.logits);
    if (result.logits) expectSameTop1(result.logits, expected);
  } else if (result.logits) throw new Error('logits from a network without a head');
  return Math.max(...errors).toExponential(1);
}
