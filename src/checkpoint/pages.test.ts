import { expect, test } from 'vitest';
import { shownOn } from './pages.ts';

test.each([
  ['https://huggingface.co/timm/resnet50.a1_in1k', 'hf:timm/resnet50.a1_in1k'],
  ['https://huggingface.co/timm/resnet50.a1_in1k/', 'hf:timm/resnet50.a1_in1k'],
  ['https://hf.co/timm/resnet50.a1_in1k?library=timm#usage', 'hf:timm/resnet50.a1_in1k'],
  ['https://huggingface.co/microsoft/resnet-50/tree/main', 'hf:microsoft/resnet-50@main'],
  ['https://huggingface.co/microsoft/resnet-50/tree/refs%2Fpr%2F3', 'hf:microsoft/resnet-50@refs/pr/3'],
  [
    'https://huggingface.co/timm/resnet18.a1_in1k/blob/main/model.safetensors',
    'https://huggingface.co/timm/resnet18.a1_in1k/resolve/main/model.safetensors',
  ],
  ['https://github.com/me/net/blob/main/out/best.pth', 'https://raw.githubusercontent.com/me/net/main/out/best.pth'],
  ['https://github.com/me/net/raw/v1/best.pth?raw=true', 'https://raw.githubusercontent.com/me/net/v1/best.pth'],
])('%s', (page, shown) => expect(shownOn(page)).toBe(shown));

test.each([
  'https://huggingface.co/timm/resnet18.a1_in1k/resolve/main/model.safetensors',
  'https://huggingface.co/datasets/me/pictures',
  'https://huggingface.co/timm',
  'https://github.com/me/net',
  'https://github.com/me/net/releases/download/v1/best.pth',
  'https://example.com/huggingface.co/timm/resnet50',
])('%s stays as it is', (page) => expect(shownOn(page)).toBe(page));
