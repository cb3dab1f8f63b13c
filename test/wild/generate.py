"""Makes checkpoints as people have them: a ResNet of random structure under random names, wrapped and saved in random ways.

    python generate.py OUT COUNT SEED [--small]

Needs torch. Each file comes with what PyTorch computes of the input that `probe` says; cases.json lists them. The sample in
files/ is `generate.py files 24 1 --small`.
"""
import json, math, random, sys
from collections import OrderedDict
from pathlib import Path
import torch
from torch import nn

torch.set_num_threads(1)
torch.manual_seed(0)


def unit(conv_bn, i, o, k, stride=1, groups=1, dilation=1):
    """Names of a convolution and its norm, and the two. A name with dots makes nested modules."""
    conv = nn.Conv2d(i, o, k, stride, dilation * (k // 2), dilation, groups, bias=False)
    return [(conv_bn[0], conv), (conv_bn[1], nn.BatchNorm2d(o))]


NAMINGS = {
    'torchvision': dict(stem=('conv1', 'bn1'), block='layer{s1}.{b}', conv=('conv{n}', 'bn{n}'), skip=('downsample.0', 'downsample.1')),
    'akamaster': dict(stem=('conv1', 'bn1'), block='layer{s1}.{b}', conv=('conv{n}', 'bn{n}'), skip=('shortcut.0', 'shortcut.1')),
    'sequential': dict(stem=('0', '1'), block='{s4}.{b}', conv=('conv{n}', 'bn{n}'), skip=('downsample.0', 'downsample.1')),
    'detectron2': dict(stem=('stem.conv1', 'stem.conv1.norm'), block='res{s2}.{b}', conv=('conv{n}', 'conv{n}.norm'), skip=('shortcut', 'shortcut.norm')),
    'functions': dict(stem=('conv1.0', 'conv1.1'), block='conv{s2}_x.{b}', conv=('residual_function.{c3}', 'residual_function.{m3}'), skip=('shortcut.0', 'shortcut.1')),
    'stages': dict(stem=('conv', 'bn'), block='stage_{s1}.blocks.{b}', conv=('conv_{n}', 'norm_{n}'), skip=('skip_conv', 'skip_norm')),
    'letters': dict(stem=('init_block.conv', 'init_block.bn'), block='features.stage{s1}.unit{b1}', conv=('body.conv{n}.conv', 'body.conv{n}.bn'), skip=('identity_conv.conv', 'identity_conv.bn')),
}


class Named:
    """A network with its own names in the state dict, which is computed without modules of those names."""

    def __init__(self, r, small):
        self.naming = r.choice(list(NAMINGS))
        n = NAMINGS[self.naming]
        bottleneck = r.random() < 0.4
        self.cifar = r.random() < 0.4
        blocks = [r.choice([1, 1, 2]) for _ in range(3)] if small else [r.choice([1, 2, 3, 4]) for _ in range(r.choice([3, 4]))]
        w = 2 if small else r.choice([4, 6, 8, 10])
        groups = r.choice([1, 1, 2]) if bottleneck else 1
        self.parts = OrderedDict()
        add = lambda path, names, *a, **k: [self.parts.__setitem__(f'{path}.{x}' if path else x, m) for x, m in unit(names, *a, **k)]
        kernel = 3 if self.cifar else 7
        add('', n['stem'], 3, w, kernel, 1 if self.cifar else 2)
        self.stem = n['stem']
        self.blocks, c = [], w
        for s, count in enumerate(blocks):
            mid = w * 2 ** s
            out = mid * (4 if bottleneck else 1)
            for b in range(count):
                path = n['block'].format(s1=s + 1, s2=s + 2, s4=s + 4, b=b, b1=b + 1)
                stride = 2 if s and not b else 1
                names = [tuple(x.format(n=i + 1, c3=3 * i, m3=3 * i + 1) for x in n['conv']) for i in range(3)]
                shapes = [(c, mid, 1, 1, 1), (mid, mid, 3, stride, groups), (mid, out, 1, 1, 1)] if bottleneck else [(c, out, 3, stride, 1), (out, out, 3, 1, 1)]
                for x, (i, o, k, st, g) in zip(names, shapes): add(path, x, i, o, k, st, g)
                skip = stride != 1 or c != out
                if skip: add(path, n['skip'], c, out, 1, stride)
                self.blocks.append((path, names[:len(shapes)], n['skip'] if skip else None))
                c = out
        self.width = c
        self.what = dict(naming=self.naming, blocks=blocks, bottleneck=bottleneck, groups=groups, width=w, kernel=kernel)

    def features(self, x):
        run = lambda path, names, x: self.parts[f'{path}.{names[1]}' if path else names[1]](self.parts[f'{path}.{names[0]}' if path else names[0]](x))
        x = torch.relu(run('', self.stem, x))
        if not self.cifar: x = nn.functional.max_pool2d(x, 3, 2, 1)
        for path, names, skip in self.blocks:
            y = x
            for i, one in enumerate(names):
                y = run(path, one, y)
                if i < len(names) - 1: y = torch.relu(y)
            x = torch.relu(y + (run(path, skip, x) if skip else x))
        return x

    def state(self):
        return OrderedDict((f'{path}.{k}', v) for path, m in self.parts.items() for k, v in m.state_dict().items())


def fill(modules, g):
    with torch.no_grad():
        for m in modules:
            for name, p in list(m.named_parameters()) + list(m.named_buffers()):
                if name.endswith('running_var'): p.copy_(0.5 + torch.rand(p.shape, generator=g))
                elif name.endswith('num_batches_tracked'): p.fill_(10)
                elif p.dim() >= 2: p.copy_(torch.randn(p.shape, generator=g) * math.sqrt(2 / p[0].numel()))
                elif name.endswith('weight'): p.copy_(0.5 + torch.rand(p.shape, generator=g))
                else: p.copy_(0.1 * torch.randn(p.shape, generator=g))
            m.eval()


HEADS = [
    ('fc', lambda i, c: {'fc': nn.Linear(i, c)}),
    ('linear', lambda i, c: {'linear': nn.Linear(i, c)}),
    ('classifier', lambda i, c: {'classifier': nn.Linear(i, c)}),
    ('last without bias', lambda i, c: {'out': nn.Linear(i, c, bias=False)}),
    ('dropout', lambda i, c: {'fc': nn.Sequential(nn.Dropout(), nn.Linear(i, c))}),
    ('hidden', lambda i, c: {'head': nn.Sequential(nn.Linear(i, 8), nn.ReLU(), nn.Dropout(), nn.Linear(8, c))}),
    ('normed', lambda i, c: {'classifier': nn.Sequential(nn.BatchNorm1d(i), nn.Dropout(), nn.Linear(i, 8, bias=False), nn.ReLU(), nn.BatchNorm1d(8), nn.Linear(8, c))}),
    ('none', lambda i, c: {}),
]
PREFIXES = ['', 'module.', 'resnet.', 'encoder.', 'model.', 'backbone.', 'model.net.', '_orig_mod.', 'module.model.cnn.', 'my_net.', 'trunk.']
WRAPPERS = ['state_dict', 'model', 'weights', 'net_state', 'best_model', 'params', 'a.b']


def probe(size):
    n = 3 * size * size
    return (torch.arange(n, dtype=torch.float32) * 37 % 101 / 50 - 1).reshape(1, 3, size, size)


def main(out, count, seed, small):
    out = Path(out)
    out.mkdir(parents=True, exist_ok=True)
    cases = []
    for i in range(count):
        r, g = random.Random(f'{seed}/{i}'), torch.Generator().manual_seed(seed * 10007 + i)
        net = Named(r, small)
        head_name, make = r.choice(HEADS)
        head = make(net.width, 5)
        fill([*net.parts.values(), *head.values()], g)
        size = 32
        with torch.no_grad():
            f = net.features(probe(size))
            y = f.mean((2, 3))
            for m in head.values(): y = m(y)
        prefix = r.choice(PREFIXES)
        inside = r.random() < 0.5
        trunk = OrderedDict((prefix + k, v) for k, v in net.state().items())
        tail = OrderedDict(((prefix if inside else '') + f'{n}.{k}', v) for n, m in head.items() for k, v in m.state_dict().items())
        sd = OrderedDict([*trunk.items(), *tail.items()])
        beside = r.choice(['', '', 'criterion', 'ema', 'optimizer'])
        if beside == 'criterion': sd['criterion.weight'] = torch.ones(5)
        wrapper = r.choice(['', ''] + WRAPPERS)
        saved = sd
        if wrapper:
            saved = {'epoch': 3, 'best_acc': torch.tensor(0.5)}
            at = saved
            *outer, last = wrapper.split('.')
            for k in outer: at = at.setdefault(k, {})
            at[last] = sd
            if beside == 'optimizer': saved['optimizer'] = {'state': {0: {'exp_avg': torch.zeros(2, 2, 3, 3)}}, 'param_groups': [{'lr': 0.1}]}
        form = r.choice(['zip', 'zip', 'legacy', 'safetensors' if not wrapper else 'zip'])
        # A zip entry for each tensor is most of a small file.
        if small and form == 'zip' and i % 8: form = 'legacy'
        name = f'{i:03d}.' + ('safetensors' if form == 'safetensors' else 'pth')
        if form == 'safetensors':
            from safetensors.torch import save_file
            save_file({k: v.clone() for k, v in sd.items()}, str(out / name))
        else: torch.save(saved, out / name, _use_new_zipfile_serialization=form == 'zip')
        kind = 'features' if not head else 'logits'
        values = (f if not head else y).flatten().tolist()
        cases.append(dict(file=name, **net.what, prefix=prefix, wrapper=wrapper, head=head_name, beside=beside, form=form, kind=kind, size=size, values=[float(f'{v:.7g}') for v in values]))
    (out / 'cases.json').write_text('[\n' + ',\n'.join(json.dumps(c) for c in cases) + '\n]\n')


if __name__ == '__main__':
    args = [a for a in sys.argv[1:] if a != '--small']
    main(args[0], int(args[1]), int(args[2]), '--small' in sys.argv)
