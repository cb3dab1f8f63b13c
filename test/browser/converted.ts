/** Converted models by the address of their folder, in format version 1. */
import { loadModel } from '../../src/index.ts';
import type { BrowserCase, Context, List } from '../harness/case.ts';
import { type NetworkCase, readCase, readTensor } from '../harness/goldens.ts';
import { expectClose } from '../support/compare.ts';

const golden = 'timm/seresnext';
/** Compared with PyTorch. int8 and f16 may differ by what rounding costs this network of random weights. */
const TOLERANCE = { f32: 1e-4, f16: 2e-3, int8: 5e-2 };

export const list: List = async (context) => [
  ...Object.entries(TOLERANCE).map(
    ([dtype, relative]): BrowserCase => ({
      name: `converted/${dtype} gives PyTorch's logits`,
      run: () => checkLogits(context, dtype, relative),
    }),
  ),
  { name: 'converted/kept shards are not fetched again', run: () => checkCache(context) },
  { name: 'converted/passes its self test, golden record included', run: () => checkSelf(context) },
];

const address = (dtype: string) => new URL(`/test/converted/${dtype}`, location.href);

async function checkLogits(context: Context, dtype: string, relative: number): Promise<string> {
  const { input, logits } = await readCase<NetworkCase>(context, golden);
  const model = await loadModel(address(dtype), { device: context.device });
  try {
    if (!logits) throw new Error('the case has no logits');
    const actual = await model.run(await readTensor(context, golden, input), { logits: true });
    const error = expectClose(dtype, actual.logits, await readTensor(context, golden, logits), { relative });
    return error.toExponential(1);
  } finally {
    model.dispose();
  }
}

/** Counts what the page fetches, from the browser's own record. */
async function checkCache({ device }: Context): Promise<string> {
  await caches.delete('resnet-webgpu');
  const fetched = () => performance.getEntriesByType('resource').filter(({ name }) => /converted\/f32\/weights-/.test(name)).length;
  const load = async () => {
    const before = fetched();
    (await loadModel(address('f32'), { device, cache: true })).dispose();
    return fetched() - before;
  };
  const [first, second] = [await load(), await load()];
  await caches.delete('resnet-webgpu');
  if (first < 2 || second !== 0) throw new Error(`${first} shards were fetched, then ${second}`);
  return `${first} shards, then none`;
}

async function checkSelf({ device }: Context): Promise<string> {
  const model = await loadModel(address('int8'), { device });
  try {
    const { pass, report } = await model.selfTest();
    const line = report.split('\n').find((text) => text.includes('golden record')) ?? 'the report has no golden record';
    if (!pass || !line.includes('pass')) throw new Error(report);
    return line;
  } finally {
    model.dispose();
  }
}
