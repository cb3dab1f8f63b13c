import { expect, it } from 'vitest';
import { javascriptCode, pythonCode } from './code.ts';

const preprocess = {
  resize: { size: 224, edge: 'short', filter: 'bilinear', kernel: 'pillow' },
  crop: 224,
  mean: [103, 116, 123],
  std: [1, 1, 1],
  order: 'bgr',
} as const;

it('writes down every step of the preprocessing', () => {
  const code = pythonCode(
    ['my cat', 'the "other"'],
    { arch: 'x', preprocess: { ...preprocess, mean: [103, 116, 123], std: [1, 1, 1] } },
    true,
  );
  for (const part of ['num_classes=2', 'BILINEAR', '- 224) / 2', '[:, :, ::-1]', '[103, 116, 123]', '["my cat","the \\"other\\""]'])
    expect(code).toContain(part);
  expect(code.split('\n').filter(Boolean).length).toBeLessThan(25);
  const plain = pythonCode(['a', 'b'], { arch: 'net', preprocess: { mean: [0, 0, 0], std: [255, 255, 255], order: 'rgb' } }, false);
  for (const absent of ['resize', 'crop', '::-1', 'torchvision']) expect(plain).not.toContain(absent);
  expect(javascriptCode(['a'])).toContain('classes.safetensors');
});
