"""Writes filters.json: what Pillow's other filters, PyTorch's resize of bytes and timm's and transformers' transforms make of noise.
Run with the packages of test/libraries/requirements.txt: python make_filters.py > filters.json
"""
import base64
import json
import sys

import numpy as np
import PIL
import timm
import torch
from PIL import Image
from timm.data import create_transform
from torchvision.transforms.v2 import functional as F

# width, height -> width, height
SIZES = [(7, 5, 14, 10), (16, 16, 8, 8), (33, 21, 11, 7), (50, 37, 16, 12), (1, 9, 4, 4), (121, 90, 23, 16), (31, 29, 30, 28), (8, 8, 1, 1), (97, 3, 41, 2)]
MODES = {'bilinear': F.InterpolationMode.BILINEAR, 'bicubic': F.InterpolationMode.BICUBIC}
# width, height of the image, then timm's arguments.
TRANSFORMS = [
    (45, 31, dict(input_size=(3, 24, 40), crop_pct=0.875)),
    (31, 45, dict(input_size=(3, 24, 40), crop_pct=1.0)),
    (45, 31, dict(input_size=(3, 24, 24), crop_pct=1.0, crop_mode='border')),
    (31, 46, dict(input_size=(3, 24, 24), crop_pct=0.9, crop_mode='border')),
    (45, 31, dict(input_size=(3, 20, 32), crop_pct=0.8, crop_mode='border')),
    (45, 31, dict(input_size=(3, 24, 20), crop_pct=0.9, crop_mode='squash')),
    (45, 31, dict(input_size=(3, 24, 24), crop_pct=0.9, interpolation='nearest')),
    (45, 31, dict(input_size=(3, 24, 24), crop_pct=0.9, interpolation='lanczos')),
    (45, 31, dict(input_size=(3, 24, 24), crop_pct=0.9, interpolation='hamming', crop_mode='squash')),
    (45, 31, dict(input_size=(3, 24, 24), crop_pct=0.9, interpolation='box')),
]


def noise(seed, count):
    x = (np.arange(count, dtype=np.uint64) + seed) * 0x9E3779B9 & 0xFFFFFFFF
    x ^= x >> 16
    x = x * 0x85EBCA6B & 0xFFFFFFFF
    x ^= x >> 13
    x = x * 0xC2B2AE35 & 0xFFFFFFFF
    x ^= x >> 16
    return (x >> 24).astype(np.uint8)


def main():
    capability = torch.backends.cpu.get_cpu_capability()
    assert capability in ('AVX2', 'AVX512'), 'elsewhere torchvision resizes in float32'
    cases = []
    for i, (w, h, out_w, out_h) in enumerate(SIZES):
        seed = 1000 * i + 7
        image = noise(seed, w * h * 3).reshape(h, w, 3)
        made = {('pillow', name): np.asarray(Image.fromarray(image).resize((out_w, out_h), getattr(Image.Resampling, name.upper())))
                for name in ('nearest', 'box', 'hamming', 'lanczos')}
        # PyTorch 2.14 fails on images of one column.
        for name, mode in MODES.items() if min(w, h, out_w, out_h) > 1 else ():
            tensor = torch.from_numpy(image).permute(2, 0, 1).contiguous()
            out = F.resize(tensor, [out_h, out_w], interpolation=mode, antialias=True)
            made['torch', name] = out.permute(1, 2, 0).contiguous().numpy()
        for (kernel, name), out in made.items():
            cases.append({'kernel': kernel, 'filter': name, 'seed': seed, 'from': [w, h], 'to': [out_w, out_h], 'bytes': base64.b64encode(out.tobytes()).decode()})
    transforms = []
    for i, (w, h, arguments) in enumerate(TRANSFORMS):
        seed = 1000 * i + 3
        arguments = {'interpolation': 'bicubic', 'crop_mode': 'center', 'mean': (0.485, 0.456, 0.406), 'std': (0.229, 0.224, 0.225), **arguments}
        image = Image.fromarray(noise(seed, w * h * 3).reshape(h, w, 3))
        # Bytes: without ToTensor and Normalize, whose table is tested elsewhere.
        out = np.asarray(create_transform(**arguments, is_training=False, normalize=False)(image).permute(1, 2, 0).contiguous())
        transforms.append({'seed': seed, 'from': [w, h], 'pretrained_cfg': {k: list(v) if isinstance(v, tuple) else v for k, v in arguments.items()}, 'to': [out.shape[1], out.shape[0]], 'bytes': base64.b64encode(out.tobytes()).decode()})
    versions = {'pillow': PIL.__version__, 'torch': torch.__version__, 'timm': timm.__version__}
    lines = [f'"{name}": [\n' + ',\n'.join(json.dumps(row) for row in rows) + '\n]' for name, rows in (('cases', cases), ('transforms', transforms))]
    sys.stdout.write('{\n"versions": ' + json.dumps(versions) + ',\n' + ',\n'.join(lines) + '\n}\n')


if __name__ == '__main__':
    main()
