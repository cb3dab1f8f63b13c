import { expect, it } from 'vitest';
import { explainFailure } from './explain.ts';

it.each([
  ['wrong numbers: the logits are off by 0.33 (relative L2)', /something else than the reference/],
  ['LiteRT.js delegates only a part of this network to WebGPU.', /silently run on the processor/],
  ['TypeError: Failed to fetch dynamically imported module: x.js', /could not be fetched/],
  ['No answer within 600 s (infer).', /hung/],
  ['WebGPU reported 3 errors, the first: invalid', /refused/],
  ['This browser offers no WebGPU adapter.', /no WebGPU adapter/],
  ['RangeError: Array buffer allocation failed', /not enough memory/],
  ['something nobody has seen', /The other runtimes went on/],
])('%s', (error, why) => {
  const explained = explainFailure('litert-webgpu', error);
  expect(explained.what).toBe('LiteRT.js WebGPU could not be measured');
  expect(explained.why).toMatch(why);
});
