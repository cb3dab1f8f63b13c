"""
Writes the table of src/arch/published.ts: timm's published checkpoints of this family, with the accuracy on ImageNet's validation set.

    python published.py results-imagenet.csv src/arch/published.ts

The first file is results/results-imagenet.csv of https://github.com/huggingface/pytorch-image-models (Apache-2.0). Parameters are counted
in timm's own networks of the pinned version (requirements.txt), which are made without memory for their weights.
"""

import csv
import re
import sys
from collections import defaultdict

import timm
import torch

MODULES = ['resnet', 'regnet', 'res2net', 'resnest', 'senet', 'sknet', 'resnetv2']


def main() -> None:
    source, target = sys.argv[1:]
    scores = defaultdict(dict)
    with open(source) as file:
        for row in csv.DictReader(file):
            scores[row['model']][int(row['img_size'])] = float(row['top1'])
    lines = []
    names = sorted({name for module in MODULES for name in timm.list_models(module=module, pretrained=True)})
    for base in sorted({name.split('.')[0] for name in names}):
        # of the paper's head; if a checkpoint has another number of classes, timm-tags.ts says so
        with torch.device('meta'):
            parameters = sum(p.numel() for p in timm.create_model(base).parameters())
        tags = []
        for name in names:
            if name.split('.')[0] != base:
                continue
            config = timm.get_pretrained_cfg(name)
            sizes = [config.input_size[-1], *([config.test_input_size[-1]] if config.test_input_size else [])]
            tags.append(' '.join([name.split('.')[1], *(f'{scores[name][size]:.2f}' if size in scores[name] else '-' for size in sizes)]).removesuffix(' -'))
        lines.append(f'{base} {parameters}: {", ".join(tags)}')
    text = open(target).read()
    table = '\n'.join(lines)
    open(target, 'w').write(re.sub(r'(const table = `\n).*?(`;)', lambda m: f'{m[1]}{table}\n{m[2]}', text, flags=re.S))
    print(f'{len(lines)} architectures, {len(names)} checkpoints; timm {timm.__version__}')


main()
