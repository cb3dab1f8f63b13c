import { parseSync } from 'vite';
import { describe, expect, it, test } from 'vitest';
import { type Done, LANGUAGES, snippet } from './snippet.ts';

const hub: Done = { source: 'hf:timm/resnet18.a1_in1k', precision: 'f32', what: 'photo' };
const file: Done = { source: { arch: 'resnet50', weights: new Blob() }, file: "it's.pth", precision: 'f16', what: 'folder' };
const linked: Done = {
  source: { arch: { type: 'ResNet', depth: 50 }, weights: new URL('https://example.org/a.pth'), labels: ['a'] },
  precision: 'f32',
  what: 'camera',
};

describe.each(LANGUAGES)('as %s', (language) => {
  test.each([hub, file, linked])('is a program', (done) => {
    const name = { JavaScript: 'a.js', TypeScript: 'a.ts', React: 'a.jsx' }[language];
    expect(parseSync(name, snippet(done, language)).errors).toEqual([]);
  });
});

it('names what was done with which network', () => {
  expect(snippet(hub, 'JavaScript')).toBe(`import { loadModel } from 'resnet-webgpu';

const model = await loadModel('hf:timm/resnet18.a1_in1k');

const [best] = await model.classify(document.querySelector('img'));
console.log(best.label, best.probability);`);
  expect(snippet(file, 'TypeScript')).toContain(
    "const model = await loadModel({ arch: 'resnet50', weights: 'it\\'s.pth' }, { precision: 'f16' });",
  );
  expect(snippet(linked, 'JavaScript')).toMatch(/weights: 'https:\/\/example.org\/a.pth'.*\n\n.*video/s);
});
