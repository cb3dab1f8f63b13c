"""Runs networks of today's timm, torchvision and transformers on seeded weights and writes what they give into <library>.json here.

    python test/libraries/goldens.py [library …]

Each line of a file is a case: what a user passes (`arch`, or the `config` of a repository), the state dict's names and shapes, and what
the library computed in float64: logits and 64 values of the last feature map. Weights and input come from generator.py.
"""
import json
import os
import sys

from packages import require

torch, numpy = require('torch', 'numpy')
from generator import fill, image  # noqa: E402

HERE = os.path.dirname(os.path.abspath(__file__))


def rounded(tensor):
    return [float(f'{value:.7g}') for value in tensor.flatten().tolist()]


def sample(tensor, count=64):
    flat = tensor.flatten()
    step = max(1, flat.numel() // count)
    return rounded(flat[::step][:count])


def case(name, model, forward, shape=(1, 3, 40, 36), **given):
    """`forward(x)`: logits or None, and feature maps."""
    keys = fill(model)
    model = model.double()
    with torch.no_grad():
        logits, maps = forward(image(shape).double())
    row = {'name': name, **given, 'shape': list(shape), 'keys': keys}
    if logits is not None:
        assert torch.isfinite(logits).all() and logits.numel() > 0
        row['logits'] = rounded(logits)
    row['maps'] = [{'shape': list(one.shape), 'values': sample(one)} for one in maps]
    assert all(torch.isfinite(one).all() and one.abs().max() > 1e-6 for one in maps)
    return row


def write(library, rows):
    text = '[\n' + ',\n'.join(json.dumps(row, separators=(',', ':')) for row in rows) + '\n]\n'
    with open(os.path.join(HERE, f'{library}.json'), 'w', encoding='utf8') as file:
        file.write(text)
    print(f'{library}: {len(rows)} cases, {len(text) // 1024} KB')


if __name__ == '__main__':
    libraries = sys.argv[1:] or ['timm', 'torchvision', 'transformers']
    for library in libraries:
        module = __import__(f'{library}_cases')
        write(library, list(module.cases(case)))
