"""Writes timm's recipes into src/arch/timm-tags.ts, and what timm and torchvision make of names into recipes.json, by which
src/arch/recipes.test.ts checks; or says where the files differ from the libraries that are installed.

    python test/libraries/recipes.py            compares, exits with 1 where something differs
    python test/libraries/recipes.py --write    writes both

Only facts are taken (sizes, filters, names of checkpoints); timm is Apache-2.0.
"""
import json
import math
import os
import re
import sys

from packages import require

timm, torchvision = require('timm', 'torchvision')
from timm.data import resolve_data_config  # noqa: E402
from timm.models._registry import _model_default_cfgs  # noqa: E402

MODULES = ['resnet', 'resnest', 'res2net', 'regnet', 'senet', 'sknet', 'resnetv2']
FILE = os.path.join(os.path.dirname(os.path.abspath(__file__)), '../../src/arch/timm-tags.ts')
IMAGENET = ((0.485, 0.456, 0.406), (0.229, 0.224, 0.225))
HALF = ((0.5, 0.5, 0.5), (0.5, 0.5, 0.5))


def number(value):
    return f'{value:g}'


def settings(cfg):
    """The header of a group: `size crop_pct [l] [h] [classes] [>test size [test crop_pct]]`."""
    channels, height, width = cfg.input_size
    assert channels == 3 and height == width, cfg
    assert cfg.crop_mode == 'center' and cfg.interpolation in ('bicubic', 'bilinear'), cfg
    colours = (tuple(cfg.mean), tuple(cfg.std))
    assert colours in (IMAGENET, HALF), cfg
    words = [number(height), number(cfg.crop_pct)]
    if cfg.interpolation == 'bilinear':
        words.append('l')
    if colours == HALF:
        words.append('h')
    if cfg.num_classes != 1000:
        words.append(str(cfg.num_classes))
    if cfg.test_input_size or cfg.test_crop_pct:
        test = number((cfg.test_input_size or cfg.input_size)[1])
        words += [f'>{test}'] + ([number(cfg.test_crop_pct)] if cfg.test_crop_pct else [])
    return ' '.join(words)


def table():
    groups = {}
    for module in MODULES:
        for arch in timm.list_models(module=module):
            entry = _model_default_cfgs[arch]
            default = entry.tags[0]
            for tag, cfg in entry.cfgs.items():
                star = '*' if len(entry.cfgs) > 1 and tag == default else ''
                groups.setdefault(settings(cfg), {}).setdefault(tag, []).append(arch + star)
    lines = []
    order = sorted(groups, key=lambda words: [float(word) if re.fullmatch(r'[\d.]+', word) else 1e9 for word in words.split()[:2]] + [words])
    for group in order:
        lines.append(f'= {group}')
        lines += [f'{tag}: {" ".join(archs)}' for tag, archs in groups[group].items()]
    return '\n'.join(lines)


def transform(config):
    """[input size, resize, filter, mean of the first channel], by timm's own rules."""
    size = config['input_size'][1]
    return [size, math.floor(size / config['crop_pct']), config['interpolation'], config['mean'][0]]


def views():
    """By name without tag and by some tags: timm's recipe, with use_test_size, and the classes; by torchvision's entries: crop, resize, filter."""
    out = {'timm': {}, 'torchvision': {}}
    for module in MODULES:
        for arch in timm.list_models(module=module):
            entry = _model_default_cfgs[arch]
            # The plain name and its last tag are enough for testing the table's parser.
            last = list(entry.cfgs)[-1]
            for name, cfg in ((f'timm/{arch}', entry.default), (f'{arch}.{last}', entry.cfgs[last])):
                config = cfg.to_dict()
                usual = transform(resolve_data_config({}, pretrained_cfg=config))
                test = transform(resolve_data_config({}, pretrained_cfg=config, use_test_size=True))
                out['timm'][name] = [*usual, cfg.num_classes] + (test[:2] if test != usual else [])
    from torchvision.models import get_model_weights, list_models
    for name in list_models(module=torchvision.models):
        if not re.match(r'resnet|resnext|wide_resnet|regnet', name):
            continue
        weights = get_model_weights(name)
        for member, entry in weights.__members__.items():
            transforms = entry.transforms()
            out['torchvision'][f'{weights.__name__}.{member}'] = [transforms.crop_size[0], transforms.resize_size[0], transforms.interpolation.value]
    lines = [f'"{library}": {{\n' + ',\n'.join(f'{json.dumps(name)}: {json.dumps(row)}' for name, row in rows.items()) + '\n}' for library, rows in out.items()]
    return '{\n' + ',\n'.join(lines) + '\n}\n'


def main():
    json_file = os.path.join(os.path.dirname(os.path.abspath(__file__)), 'recipes.json')
    text = open(FILE, encoding='utf8').read()
    pattern = re.compile(r'(const table = `\n).*?(\n`;)', re.S)
    wanted = table()
    found = pattern.search(text)
    assert found, f'{FILE} has no table.'
    if '--write' in sys.argv:
        with open(FILE, 'w', encoding='utf8') as file:
            file.write(pattern.sub(lambda match: match[1] + wanted + match[2], text))
        with open(json_file, 'w', encoding='utf8') as file:
            file.write(views())
        return 0
    have = text[found.end(1):found.start(2)]
    for sign, lines in (('-', set(have.split('\n')) - set(wanted.split('\n'))), ('+', set(wanted.split('\n')) - set(have.split('\n')))):
        for line in sorted(lines):
            print(sign, line)
    same = have == wanted and open(json_file, encoding='utf8').read() == views()
    print(f'timm {timm.__version__}: the recipes are {"the same" if same else "others; --write takes them over"}.')
    return 0 if same else 1


if __name__ == '__main__':
    sys.exit(main())
