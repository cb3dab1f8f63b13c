import { describe, expect, it, test } from 'vitest';
import { sortFiles, sortText } from './intake.ts';

const file = (name: string, type = '') => ({ name, type });

describe('files', () => {
  test.each([
    ['cat.jpg', 'image/jpeg', 'photos'],
    ['drawing.svg', 'image/svg+xml', 'photos'],
    ['no-type.webp', '', 'photos'],
    ['clip.mp4', 'video/mp4', 'video'],
    ['clip.webm', '', 'video'],
    ['resnet50.pth', '', 'checkpoint'],
    ['model.SAFETENSORS', '', 'checkpoint'],
    ['imagenet_classes.txt', 'text/plain', 'labels'],
    ['labels.json', 'application/json', 'labels'],
    ['model.onnx', '', 'refused'],
    ['notes.pdf', 'application/pdf', 'refused'],
  ])('%s (%s) is of the kind %s', (name, type, kind) => {
    expect(sortFiles([file(name, type)])?.kind).toBe(kind);
  });

  it('that make one model go together, and photos beside them do not', () => {
    const all = ['cat.jpg', 'manifest.json', 'w-1of2.bin', 'w-2of2.bin', 'readme.txt'].map((name) => file(name));
    expect(sortFiles(all)).toEqual({ kind: 'checkpoint', files: [all[1], all[2], all[3]] });
  });

  it('of other runtimes are refused by what they are, with what to do', () => {
    expect(sortFiles([file('net.onnx')])).toMatchObject({
      what: 'net.onnx is an ONNX model, not a PyTorch checkpoint.',
      remedy: expect.stringContaining('torch.save(model.state_dict()'),
    });
  });

  it('none are nothing', () => expect(sortFiles([])).toBeUndefined());
});

describe('a pasted text', () => {
  test.each([
    ['https://example.org/cat.jpg?width=300', 'photo'],
    ['data:image/png;base64,AAAA', 'photo'],
    ['hf:timm/resnet18.a1_in1k', 'network'],
    ['https://example.org/a/resnet50.pth', 'network'],
    ['https://example.org/model/manifest.json', 'network'],
    ['https://images.example.org/8f3a', 'unknown'],
    [' https://example.org/cat.png\n', 'photo'],
  ])('%s leads to a %s', (text, kind) => {
    expect(sortText(text)).toEqual({ kind, address: text.trim() });
  });

  test.each(['a cat', 'javascript:alert(1)', 'see https://example.org', ''])('%j is no address', (text) => {
    expect(sortText(text)).toBeUndefined();
  });
});
