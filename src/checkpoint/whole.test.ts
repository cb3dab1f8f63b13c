/** What people save besides state dicts. test/pickles/make.py wrote one network in all these forms. */
import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { readCheckpoint } from './read.ts';

const bytes = (name: string) => Uint8Array.from(readFileSync(new URL(`../../test/pickles/${name}`, import.meta.url)));
const EXPECTED = JSON.parse(new TextDecoder().decode(bytes('expected.json'))) as Record<string, [shape: number[], sum: number]>;

/** File, prefix of the state dict's keys, format. */
const FILES: [string, string, string][] = [
  ['whole.pth', '', 'pytorch-zip'],
  ['whole-legacy.pth', '', 'pytorch-legacy'],
  ['whole-parallel.pth', 'module.', 'pytorch-zip'],
  ['whole-half.pth', 'model.', 'pytorch-zip'],
  ['whole-compiled.pth', '0.', 'pytorch-zip'],
  ['whole.pkl', '', 'pickle'],
  ['learner.pth', 'model.', 'pytorch-zip'],
  ['averaged.pth', 'ema.ema.', 'pytorch-zip'],
  ['scripted.pt', '', 'torchscript'],
  ['traced.pt', '', 'torchscript'],
  ['exported.pt2', '', 'torch-export'],
  ['tensors-2.pkl', '', 'pickle'],
  ['tensors-4.pkl', '', 'pickle'],
  ['tensors-5.pkl', '', 'pickle'],
  ['tensors.joblib', '', 'pickle'],
  ['arrays-2.pkl', 'model.', 'pickle'],
  ['arrays-4.pkl', 'model.', 'pickle'],
  ['arrays-5.pkl', 'model.', 'pickle'],
  ['arrays.pth', '', 'pytorch-zip'],
  ['arrays.joblib', '', 'pickle'],
  ['arrays-z.joblib', '', 'pickle'],
  ['arrays.npz', '', 'npz'],
  ['arrays.npy', '', 'npz'],
];

describe.each(FILES)('%s', (name, prefix, format) => {
  test('every tensor by its path', async () => {
    const checkpoint = await readCheckpoint(bytes(name));
    expect(checkpoint.format).toBe(format);
    const found: typeof EXPECTED = {};
    for (const [path, tensor] of checkpoint.tree ?? []) {
      const { data, shape } = await tensor.read();
      expect(path.startsWith(prefix)).toBe(true);
      found[path.slice(prefix.length)] = [shape, data.reduce((a, b) => a + b, 0)];
    }
    // Programs contain buffers that a state dict leaves out.
    if (/^torch[se]/.test(format)) delete found['block.scale'];
    expect(found).toEqual(EXPECTED);
    const bare = [...checkpoint.tensors.keys()].filter((key) => key !== 'block.scale');
    expect(bare.map((key) => (key.startsWith(prefix) ? key.slice(prefix.length) : key)).sort()).toEqual(Object.keys(EXPECTED).sort());
  });
});

/** The attributes of a module that tell its structure. */
const known = (attributes: Readonly<Record<string, unknown>> | undefined, ...names: string[]) =>
  Object.fromEntries(names.map((name) => [name, attributes?.[name]]));

describe.each(FILES.filter(([name]) => /^(whole|learner|averaged|scripted|traced|exported)/.test(name)))(
  'modules of %s',
  (name, prefix) => {
    test('classes and attributes, also of modules without tensors', async () => {
      const { modules } = await readCheckpoint(bytes(name));
      const at = (path: string) => modules?.get(prefix + path);
      const types = ['block', 'block.conv', 'block.bn', 'block.act', 'pool', 'drop', 'norm', 'fc'].map((path) => at(path)?.type);
      expect(types).toEqual(['Block', 'Conv2d', 'BatchNorm2d', 'LeakyReLU', 'MaxPool2d', 'Dropout', 'GroupNorm', 'Linear']);
      expect(known(at('block.conv')?.attributes, 'stride', 'padding', 'dilation', 'groups')).toEqual({
        stride: [2, 2],
        padding: [2, 2],
        dilation: [2, 2],
        groups: 1,
      });
      expect(at('block.bn')?.attributes.eps).toBe(0.001);
      expect(at('block.act')?.attributes.negative_slope).toBe(0.2);
      expect(at('pool')?.attributes.ceil_mode).toBe(true);
      expect(at('norm')?.attributes.num_groups).toBe(3);
    });
  },
);

test('modules come in the order in which they were made', async () => {
  const { modules } = await readCheckpoint(bytes('whole.pth'));
  expect([...(modules?.keys() ?? [])]).toEqual(['', 'block', 'block.conv', 'block.bn', 'block.act', 'pool', 'drop', 'norm', 'fc']);
  expect(modules?.get('block')?.attributes.kinds).toEqual(['a', 'b']);
});

test('labels and numbers of NumPy are metadata', async () => {
  const { metadata } = await readCheckpoint(bytes('arrays-4.pkl'));
  expect(metadata).toEqual({ names: ['läma', 'b'], best: 0.5 });
});

test.each([
  ['frozen.pt', /is frozen.*without torch\.jit\.freeze/],
  ['mobile.ptl', /PyTorch Mobile/],
])('%s is refused with a remedy', async (name, message) => {
  await expect(readCheckpoint(bytes(name))).rejects.toMatchObject({ code: 'checkpoint-format', message: expect.stringMatching(message) });
});
