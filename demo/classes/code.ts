/** What a visitor can take away: the same classifier as JavaScript and as Python. */
import type { ModelInfo } from '../library.ts';

export function javascriptCode(labels: readonly string[]): string {
  return `import { loadModel } from 'resnet-webgpu';

// Labels and preprocessing are in the file: ${labels.join(', ')}
const model = await loadModel({ weights: 'classes.safetensors' });
const [best] = await model.classify(document.querySelector('img'));`;
}

/** The lines with `model = ` are for the built-in network. Others are built by their own library. */
export function pythonCode(
  labels: readonly string[],
  { arch, preprocess }: Pick<ModelInfo, 'arch' | 'preprocess'>,
  onBoard: boolean,
): string {
  const { resize, crop, mean, std, order } = preprocess;
  const build = onBoard
    ? [
        'from torchvision.models.resnet import BasicBlock, ResNet',
        '',
        `model = ResNet(BasicBlock, [2, 2, 2, 3], num_classes=${labels.length})`,
      ]
    : ['', `model = ...  # ${arch} with ${labels.length} classes, of the library that its checkpoint is from`];
  const size = typeof resize?.size === 'number' ? [resize.size, resize.size] : (resize?.size ?? [0, 0]);
  const [height = 0, width = 0] = Array.isArray(crop) ? crop : [crop ?? 0, crop ?? 0];
  const short = resize?.edge === 'short';
  return [
    `# pip install torch ${onBoard ? 'torchvision ' : ''}safetensors pillow numpy`,
    'import numpy as np, torch',
    'from PIL import Image, ImageOps',
    'from safetensors.torch import load_file',
    ...build,
    "model.load_state_dict(load_file('classes.safetensors'))",
    'model.eval()',
    "image = ImageOps.exif_transpose(Image.open('photo.jpg')).convert('RGB')",
    'w, h = image.size',
    ...(resize
      ? [
          short
            ? `size = (${size[0]}, int(${size[0]} * h / w)) if w <= h else (int(${size[0]} * w / h), ${size[0]})`
            : `size = (${size[1]}, ${size[0]})`,
          `image = image.resize(size, Image.${resize.filter.toUpperCase()})`,
        ]
      : []),
    ...(crop
      ? [
          `left, top = round((image.width - ${width}) / 2), round((image.height - ${height}) / 2)`,
          `image = image.crop((left, top, left + ${width}, top + ${height}))`,
        ]
      : []),
    `x = np.asarray(image, np.float32)${order === 'bgr' ? '[:, :, ::-1]' : ''}`,
    `x = (x - np.float32([${mean.join(', ')}])) / np.float32([${std.join(', ')}])`,
    'with torch.no_grad():',
    '    p = model(torch.from_numpy(x.transpose(2, 0, 1).copy())[None]).softmax(1)[0]',
    `for label, share in sorted(zip(${JSON.stringify(labels)}, p.tolist()), key=lambda one: -one[1]):`,
    "    print(f'{share:.4f} {label}')",
  ].join('\n');
}
