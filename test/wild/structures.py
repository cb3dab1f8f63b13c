"""As generate.py, with more structures, heads and forms: whole pickles, traced programs, deep stems, gates, odd widths, group norms, last
stride 1, dilation, Caffe's stride, zeros for shortcuts, other activations and eps; concat pooling, two heads, projections.

    python structures.py OUT COUNT SEED [--small] [--families]

With --families all are Res2Nets, ResNeSts, RegNets and SKNets. Needs torch and safetensors. At most one thing that leaves no trace in a state dict is unusual (`hidden`); modules tell of any number.
A file is read well where its numbers come out, or where `assumed` has an `arch` that makes them come out.
"""
import json, math, random, sys, warnings
from collections import OrderedDict
from pathlib import Path
import torch
from torch import nn
from torch.nn import functional as F

torch.set_num_threads(1)
torch.manual_seed(0)
warnings.filterwarnings('ignore')

NAMINGS = {
    'torchvision': dict(stem=('conv1', 'bn1'), deep='conv1.{c3}|conv1.{m3}|bn1', block='layer{s1}.{b}', conv=('conv{n}', 'bn{n}'), skip=('downsample.{p0}', 'downsample.{p1}'), se=('se.fc1', 'se.fc2')),
    'akamaster': dict(stem=('conv1', 'bn1'), deep='stem.{c3}|stem.{m3}|stem.7', block='layer{s1}.{b}', conv=('conv{n}', 'bn{n}'), skip=('shortcut.{p0}', 'shortcut.{p1}'), se=('se.fc.0', 'se.fc.2')),
    'sequential': dict(stem=('0', '1'), deep='0.{c3}|0.{m3}|1', block='{s4}.{b}', conv=('conv{n}', 'bn{n}'), skip=('downsample.{p0}', 'downsample.{p1}'), se=('se.fc1', 'se.fc2')),
    'detectron2': dict(stem=('stem.conv1', 'stem.conv1.norm'), deep='stem.conv1_{n}|stem.conv1_{n}.norm|stem.conv1_3.norm', block='res{s2}.{b}', conv=('conv{n}', 'conv{n}.norm'), skip=('shortcut', 'shortcut.norm'), se=('se.fc1', 'se.fc2')),
    'functions': dict(stem=('conv1.0', 'conv1.1'), deep='conv1.{c3}|conv1.{m3}|conv1.7', block='conv{s2}_x.{b}', conv=('residual_function.{c3}', 'residual_function.{m3}'), skip=('shortcut.{p0}', 'shortcut.{p1}'), se=('squeeze.0', 'squeeze.2')),
    'stages': dict(stem=('conv', 'bn'), deep='stem.conv_{n}|stem.norm_{n}|stem.norm_3', block='stage_{s1}.blocks.{b}', conv=('conv_{n}', 'norm_{n}'), skip=('skip_conv', 'skip_norm'), se=('gate.down', 'gate.up')),
    'letters': dict(stem=('init_block.conv', 'init_block.bn'), deep='init_block.conv{n}.conv|init_block.conv{n}.bn|init_block.conv3.bn', block='features.stage{s1}.unit{b1}', conv=('body.conv{n}.conv', 'body.conv{n}.bn'), skip=('identity_conv.conv', 'identity_conv.bn'), se=('se.conv1', 'se.conv2')),
    'lists': dict(stem=('entry.0', 'entry.1'), deep='entry.{c3}|entry.{m3}|entry.7', block='stages.{s0}.{b}', conv=('layers.{c3}', 'layers.{m3}'), skip=('project.{p0}', 'project.{p1}'), se=('attend.0', 'attend.2')),
    'flat': dict(stem=('conv_in', 'bn_in'), deep='stem.{c3}|stem.{m3}|stem.7', block='block{s1}_{b1}', conv=('c{n}', 'n{n}'), skip=('sc', 'sn'), se=('se1', 'se2')),
    'units': dict(stem=('layer0.conv', 'layer0.norm'), deep='layer0.{c3}|layer0.{m3}|layer0.7', block='layer{s1}.block{b}', conv=('cb{n}.conv', 'cb{n}.norm'), skip=('res_conv.conv', 'res_conv.norm'), se=('ca.fc1', 'ca.fc2')),
}


class Group(nn.Module):
    """Contains modules by name."""


class AdaptiveConcatPool2d(nn.Module):
    """fastai's pooling."""
    def forward(self, x): return torch.cat([F.adaptive_max_pool2d(x, 1), F.adaptive_avg_pool2d(x, 1)], 1)


def put(root, path, module):
    *outer, last = path.split('.')
    for name in outer:
        if name not in root._modules: root.add_module(name, Group())
        root = root._modules[name]
    root.add_module(last, module)


def at(root, path):
    for name in path.split('.') if path else []: root = root._modules[name]
    return root


class Trunk(nn.Module):
    """A list of names says what to compute, with the modules of those names."""

    def run(self, names, x):
        for name in names: x = at(self, name)(x)
        return x

    def forward(self, x):
        for pair in self.stem_pairs: x = self.act(self.run(pair, x))
        if self.pooling == 'module': x = self.maxpool(x)
        elif self.pooling: x = F.max_pool2d(x, 3, 2, 1)
        for pairs, skip, se, pad, stride in self.blocks_plan:
            y = x
            for i, pair in enumerate(pairs):
                y = pair(self, y) if callable(pair) else self.run(pair, y)
                if i < len(pairs) - 1 and not callable(pair): y = self.act(y)
                if se and self.se_middle and i == 1: y = self.gate(se, y)
            if se and not self.se_middle: y = self.gate(se, y)
            if skip: x = self.run(skip, x)
            elif pad: x = F.pad(x[:, :, ::stride, ::stride], (0, 0, 0, 0, pad // 2, pad - pad // 2))
            x = self.act(y + x)
        return x


    def gate(self, se, y):
        g = y.mean((2, 3), keepdim=not self.linear_se)
        g = torch.sigmoid(at(self, se[1])(torch.relu(at(self, se[0])(g))))
        return y * (g[:, :, None, None] if self.linear_se else g)


class Slices:
    """Res2Net's hierarchy, by the names of its convolutions."""
    def __init__(self, pairs, pool, first): self.pairs, self.pool, self.first = pairs, pool, first

    def __call__(self, t, x):
        parts = x.chunk(len(self.pairs) + 1, 1)
        out = []
        for i, pair in enumerate(self.pairs):
            y = parts[i] if self.first or not i else out[-1] + parts[i]
            out.append(t.act(t.run(pair, y)))
        return torch.cat([*out, at(t, self.pool)(parts[-1]) if self.pool else parts[-1]], 1)


class Split:
    """ResNeSt's split attention."""
    def __init__(self, conv, norm, squeeze, norm1, excite, radix, groups, pool, pools_first):
        self.names = conv, norm, squeeze, norm1, excite
        self.radix, self.groups, self.pool, self.pools_first = radix, groups, pool, pools_first

    def __call__(self, t, x):
        conv, norm, squeeze, norm1, excite = self.names
        if self.pool and self.pools_first: x = at(t, self.pool)(x)
        y = torch.relu(t.run([conv, norm], x))
        b, c, h, w = y.shape
        parts = y.reshape(b, self.radix, c // self.radix, h, w)
        g = parts.sum(1).mean((2, 3), keepdim=True)
        g = at(t, excite)(torch.relu(t.run([squeeze, norm1], g)))
        if self.radix > 1: g = g.view(b, self.groups, self.radix, -1).transpose(1, 2).softmax(1).reshape(b, -1)
        else: g = torch.sigmoid(g)
        y = (parts * g.reshape(b, self.radix, c // self.radix, 1, 1)).sum(1)
        return at(t, self.pool)(y) if self.pool and not self.pools_first else y


class Selective:
    """SKNet's, as timm has it."""
    def __init__(self, paths, reduce, norm, select, split): self.paths, self.rest, self.split = paths, (reduce, norm, select), split

    def __call__(self, t, x):
        reduce, norm, select = self.rest
        xs = x.chunk(2, 1) if self.split else [x, x]
        y = torch.stack([torch.relu(t.run(p, one)) for p, one in zip(self.paths, xs)], 1)
        g = torch.relu(t.run([reduce, norm], y.sum(1).mean((2, 3), keepdim=True)))
        g = at(t, select)(g)
        g = g.view(g.shape[0], 2, -1, 1, 1).softmax(1)
        return (y * g).sum(1)


class Whole(nn.Module):
    def forward(self, x):
        f = at(self, self.trunk_path)(x)
        if not self.heads: return f
        y = f if self.concat else f.mean((2, 3))
        for name in self.heads:
            if name == 'relu': y = torch.relu(y)
            else: y = at(self, name)(y)
        return y


def build(r, small, free, told):
    """A trunk. `told`: whether modules are in the file, which tell everything."""
    naming = r.choice(list(NAMINGS))
    n = NAMINGS[naming]
    bottleneck = r.random() < 0.45
    cifar = r.random() < 0.35
    deep = not cifar and r.random() < 0.2
    count = 3 if small else r.choice([2, 3, 3, 4, 4])
    blocks = [r.choice([1, 1, 2] if small else [1, 2, 3]) for _ in range(count)]
    w = 2 if small else r.choice([4, 5, 6, 7, 8, 10, 12])
    expansion = r.choice([4, 4, 4, 2]) if bottleneck else 1
    groups = r.choice([1, 1, 1, 2]) if bottleneck and w % 2 == 0 else 1
    se = r.random() < 0.15
    avg_down = r.random() < 0.12
    # With any number of groups, group norms must be named by the caller. Modules tell them.
    norm = r.choice(['BN'] * 8 + (['GN', 'IN'] if told else []))
    hidden = ''
    kinds = ['', '', '', 'last stride 1', 'dilated', 'caffe', 'activation', 'eps', 'stem', 'zeros']
    if free or told: hidden = r.choice(kinds)
    if hidden == 'caffe' and not bottleneck: hidden = ''
    if hidden == 'zeros' and bottleneck: hidden = ''
    act = {'': nn.ReLU}.get(hidden, nn.ReLU)
    if hidden == 'activation': act = r.choice([nn.SiLU, nn.LeakyReLU, nn.GELU, nn.ELU, nn.Hardswish, nn.Mish, nn.ReLU6])
    eps = r.choice([1e-3, 2e-5]) if hidden == 'eps' else 1e-5

    def normed(c):
        if norm == 'GN': return nn.GroupNorm(2 if w % 4 == 0 else 1, c)
        if norm == 'IN': return nn.InstanceNorm2d(c, affine=True)
        return nn.BatchNorm2d(c, eps=eps)

    t = Trunk()
    conv_bias = r.random() < 0.08 and norm == 'BN'
    def unit(path, names, i, o, k, stride=1, g=1, d=1):
        pair = [f'{path}.{x}' if path else x for x in names]
        # A norm below its convolution (detectron2's) is a module of the convolution.
        conv = nn.Conv2d(i, o, k, stride, d * (k // 2), d, g, bias=conv_bias)
        if pair[1].startswith(pair[0] + '.'):
            conv.add_module(pair[1][len(pair[0]) + 1:], normed(o))
            put(t, pair[0], conv)
        else:
            put(t, pair[0], conv)
            put(t, pair[1], normed(o))
        return pair

    kernel = 3 if cifar or deep else 7
    stride = 1 if cifar else 2
    if hidden == 'stem' and not deep: stride = 3 - stride if cifar else stride
    pooled = not cifar if hidden != 'stem' or (cifar and stride == 2) else cifar
    t.stem_pairs = []
    if deep:
        conv_name, norm_name, last_norm = n['deep'].split('|')
        widths = [3, max(1, w // 2), max(1, w // 2), w]
        for i in range(3):
            names = [x.format(n=i + 1, c3=3 * i, m3=3 * i + 1) for x in (conv_name, norm_name if i < 2 else last_norm)]
            t.stem_pairs.append(unit('', names, widths[i], widths[i + 1], 3, stride if i == 0 else 1))
        c = widths[3]
    else:
        t.stem_pairs.append(unit('', n['stem'], 3, w, kernel, stride))
        c = w
    t.act = act()
    t.pooling = ''
    if pooled:
        t.pooling = r.choice(['module', 'function'])
        if t.pooling == 'module': t.maxpool = nn.MaxPool2d(3, 2, 1)
    t.blocks_plan, dilation = [], 1
    t.se_middle = False
    p0, p1 = (1, 2) if avg_down else (0, 1)
    t.linear_se = r.random() < 0.6
    for s, number in enumerate(blocks):
        mid = w * 2 ** s
        out = mid * expansion
        step = 2 if s else 1
        before = dilation
        if hidden == 'last stride 1' and s == count - 1: step = 1
        if hidden == 'dilated' and s and s >= count - 2: step, dilation = 1, dilation * 2
        for b in range(number):
            path = n['block'].format(s0=s, s1=s + 1, s2=s + 2, s4=s + 4, b=b, b1=b + 1)
            stride = step if not b else 1
            d = before if not b else dilation
            names = [tuple(x.format(n=i + 1, c3=3 * i, m3=3 * i + 1) for x in n['conv']) for i in range(3)]
            a, z = (stride, 1) if hidden == 'caffe' else (1, stride)
            shapes = [(c, mid, 1, a, 1, 1), (mid, mid, 3, z, groups, d), (mid, out, 1, 1, 1, 1)] if bottleneck else [(c, out, 3, stride, 1, d), (out, out, 3, 1, 1, dilation)]
            pairs = [unit(path, x, *shape) for x, shape in zip(names, shapes)]
            gate = None
            if se:
                inner = max(1, out // 4)
                gate = [f'{path}.{x}' for x in n['se']]
                for x, (i, o) in zip(gate, [(out, inner), (inner, out)]): put(t, x, nn.Linear(i, o) if t.linear_se else nn.Conv2d(i, o, 1))
            skip, pad = None, 0
            if stride != 1 or c != out or (bottleneck and not b and s == 0):
                if hidden == 'zeros': pad = out - c
                else:
                    names = [x.format(p0=p0, p1=p1) for x in n['skip']]
                    pooling = avg_down and stride > 1
                    sequential = avg_down and n['skip'][0].endswith('.{p0}')
                    if sequential: put(t, f'{path}.{names[0][:-1]}0', nn.AvgPool2d(2, 2, ceil_mode=True, count_include_pad=False) if pooling else nn.Identity())
                    skip = unit(path, names, c, out, 1, 1 if sequential else stride)
                    if sequential: skip = [f'{path}.{names[0][:-1]}0', *skip]
            t.blocks_plan.append((pairs, skip, gate, pad, stride))
            c = out
    t.width = c
    return t, dict(naming=naming, blocks=blocks, bottleneck=bottleneck, groups=groups, width=w, kernel=kernel, deep=deep, se=se, avg_down=avg_down, norm=norm, hidden=hidden, conv_bias=conv_bias, pool=t.pooling, act=act.__name__, expansion=expansion)


MIDDLES = [
    dict(convs='convs.{i}', bns='bns.{i}', split=['conv2.conv', 'conv2.bn0', 'conv2.fc1', 'conv2.bn1', 'conv2.fc2'], res2_pool='pool', avd='avd_layer'),
    dict(convs='branches.{i}.0', bns='branches.{i}.1', split=['splat.conv', 'splat.norm0', 'splat.down', 'splat.norm1', 'splat.up'], res2_pool='last', avd='avd_{where}'),
    dict(convs='res2.k{i}', bns='res2.n{i}', split=['conv2.0.conv', 'conv2.0.bn0', 'conv2.0.fc1', 'conv2.0.bn1', 'conv2.0.fc2'], res2_pool='res2.pool', avd='avd_{where}'),
]


def build_family(r, small, free, told):
    """A trunk of another kind of blocks."""
    family = r.choice(['res2', 'res2', 'split', 'split', 'regnet', 'regnet', 'sk'])
    naming = 'torchvision' if family == 'sk' else r.choice(list(NAMINGS))
    n, middle = NAMINGS[naming], r.choice(MIDDLES)
    count = 3 if small else r.choice([3, 4])
    blocks = [r.choice([1, 1, 2] if small else [1, 2, 3]) for _ in range(count)]
    w = r.choice([4, 8]) if small else r.choice([4, 8, 12, 16])
    regnet, basic = family == 'regnet', family == 'sk' and r.random() < 0.5
    deep = family == 'split' or (family == 'res2' and r.random() < 0.4)
    cifar = family == 'res2' and not deep and r.random() < 0.2
    if family == 'sk': w = 64
    scales, radix, groups = r.choice([2, 4, 4, 8]), r.choice([1, 2, 2, 4]), r.choice([1, 1, 2]) if family == 'split' else 1
    if groups * radix > w or (w * radix // 4) % groups: groups = 1
    split_input = r.random() < 0.5
    slice_width = r.choice([3, w // 2, w])
    se = regnet and r.random() < 0.6
    avg_down = family != 'sk' and not regnet and r.random() < 0.6
    hidden = ''
    kinds = ['', '', '', 'last stride 1', 'activation', 'eps', 'stem', 'middle', 'middle', 'avg_down']
    if free or told: hidden = r.choice(kinds)
    if hidden in ('stem', 'avg_down') and (regnet or family == 'sk'): hidden = ''
    if hidden == 'avg_down' and (told or naming not in ('detectron2', 'stages', 'letters', 'flat', 'units')): hidden = ''
    if hidden == 'middle' and family not in ('res2', 'split'): hidden = ''
    if hidden == 'last stride 1' and family == 'sk': hidden = ''
    if hidden == 'activation' and family != 'res2': hidden = ''
    act = r.choice([nn.SiLU, nn.LeakyReLU, nn.GELU]) if hidden == 'activation' else nn.ReLU
    eps = 1e-3 if hidden == 'eps' and family != 'sk' else 1e-5
    conv_bias = family != 'sk' and r.random() < 0.15
    t = Trunk()

    def put_conv(name, norm, i, o, k, stride=1, g=1, d=1, bias=conv_bias):
        conv = nn.Conv2d(i, o, k, stride, d * (k // 2), d, g, bias=bias)
        if norm and norm.startswith(name + '.'): conv.add_module(norm[len(name) + 1:], nn.BatchNorm2d(o, eps=eps))
        put(t, name, conv)
        if norm and not norm.startswith(name + '.'): put(t, norm, nn.BatchNorm2d(o, eps=eps))
        return [name, norm]

    def unit(path, names, *shape, **more): return put_conv(*[f'{path}.{x}' if path else x for x in names], *shape, **more)

    kernel = 3 if cifar or deep or regnet else 7
    stride = 1 if cifar else 2
    pooled = not cifar and not regnet
    if hidden == 'stem': pooled = not pooled
    t.stem_pairs, t.se_middle, t.linear_se = [], regnet, r.random() < 0.4
    if deep:
        conv_name, norm_name, last_norm = n['deep'].split('|')
        widths = [3, w // 2, w // 2, w]
        for i in range(3):
            names = [x.format(n=i + 1, c3=3 * i, m3=3 * i + 1) for x in (conv_name, norm_name if i < 2 else last_norm)]
            t.stem_pairs.append(unit('', names, widths[i], widths[i + 1], 3, stride if i == 0 else 1))
    else: t.stem_pairs.append(unit('', n['stem'], 3, w, kernel, stride))
    t.act, t.pooling = act(), ''
    if pooled:
        t.pooling = r.choice(['module', 'function'])
        if t.pooling == 'module': t.maxpool = nn.MaxPool2d(3, 2, 1)
    t.blocks_plan, c = [], w
    p0, p1 = (1, 2) if avg_down else (0, 1)
    for s, number in enumerate(blocks):
        base = w * 2 ** s
        out = base if basic else base * (2 if regnet else 4)
        step = 2 if s or regnet else 1
        if hidden == 'last stride 1' and s == count - 1: step = 1
        for b in range(number):
            path = n['block'].format(s0=s, s1=s + 1, s2=s + 2, s4=s + 4, b=b, b1=b + 1)
            names = [tuple(x.format(n=i + 1, c3=3 * i, m3=3 * i + 1) for x in n['conv']) for i in range(3)]
            stride = 1 if b else step
            mine = {k: f'{path}.{v}' for k, v in middle.items() if k != 'split'}
            gate, first = None, not b
            if family == 'res2':
                width = slice_width * 2 ** s
                head = unit(path, names[0], c, width * scales, 1)
                pairs = [put_conv(mine['convs'].format(i=i), mine['bns'].format(i=i), width, width, 3, stride) for i in range(scales - 1)]
                pool = ''
                if first and (stride > 1 or hidden != 'middle'):
                    pool = mine['res2_pool']
                    put(t, pool, nn.AvgPool2d(3, stride, 1))
                plan = [head, Slices(pairs, pool, first), unit(path, names[2], width * scales, out, 1)]
            elif family == 'split':
                mid, inner = base, max(groups, base * radix // 4)
                averaged = stride > 1 and (hidden != 'middle' or split_input)
                pools_first = hidden == 'middle' and averaged
                head = unit(path, names[0], c, mid, 1)
                conv, norm, squeeze, norm1, excite = [f'{path}.{x}' for x in middle['split']]
                put_conv(conv, norm, mid, mid * radix, 3, 1 if averaged else stride, groups * radix)
                put_conv(squeeze, norm1, mid, inner, 1, g=groups, bias=True)
                put_conv(excite, '', inner, mid * radix, 1, g=groups, bias=True)
                pool = ''
                if averaged:
                    pool = mine['avd'].format(where='first' if pools_first else 'last')
                    put(t, pool, nn.AvgPool2d(3, stride, 1))
                    if pool.endswith('avd_layer'): at(t, path).avd_first = pools_first
                plan = [head, Split(conv, norm, squeeze, norm1, excite, radix, groups, pool, pools_first), unit(path, names[2], mid, out, 1)]
            elif regnet:
                plan = [unit(path, names[0], c, out, 1), unit(path, names[1], out, out, 3, stride, out // 4)]
                if se:
                    gate = [f'{path}.{x}' for x in n['se']]
                    for x, (i, o) in zip(gate, [(out, c // 4), (c // 4, out)]): put(t, x, nn.Linear(i, o) if t.linear_se else nn.Conv2d(i, o, 1))
                plan.append(unit(path, names[2], out, out, 1))
            else:
                def selective(name, i, o, stride):
                    paths = [put_conv(f'{path}.{name}.paths.{k}.conv', f'{path}.{name}.paths.{k}.bn', i // 2 if split_input else i, o, 3, stride, d=k + 1) for k in range(2)]
                    rd = max(8, int(o / 16 + 4) // 8 * 8)
                    put_conv(f'{path}.{name}.attn.fc_reduce', f'{path}.{name}.attn.bn', o, rd, 1)
                    put_conv(f'{path}.{name}.attn.fc_select', '', rd, 2 * o, 1)
                    return Selective(paths, f'{path}.{name}.attn.fc_reduce', f'{path}.{name}.attn.bn', f'{path}.{name}.attn.fc_select', split_input)
                pair = lambda name, i, o, k: put_conv(f'{path}.{name}.conv', f'{path}.{name}.bn', i, o, k)
                if basic: plan = [selective('conv1', c, out, stride), pair('conv2', out, out, 3)]
                else: plan = [pair('conv1', c, base, 1), selective('conv2', base, base, stride), pair('conv3', base, out, 1)]
            skip = None
            if stride != 1 or c != out:
                names = [x.format(p0=p0, p1=p1) for x in n['skip']]
                sequential = avg_down and n['skip'][0].endswith('.{p0}')
                unnumbered = hidden == 'avg_down' and not sequential
                pool = f'{path}.{names[0][:-1]}0' if sequential else f'{path}.skip_pool'
                if sequential or unnumbered: put(t, pool, nn.AvgPool2d(stride, stride, ceil_mode=True, count_include_pad=False) if stride > 1 else nn.Identity())
                skip = unit(path, names, c, out, 1, 1 if sequential or unnumbered else stride)
                if sequential or unnumbered: skip = [pool, *skip]
            t.blocks_plan.append((plan, skip, gate, 0, stride))
            c = out
    t.width = c
    return t, dict(family=family, naming=naming, blocks=blocks, groups=groups, width=w, kernel=kernel, deep=deep, se=se, avg_down=avg_down, hidden=hidden, conv_bias=conv_bias, pool=t.pooling, act=act.__name__, scales=scales, radix=radix, basic=basic, split_input=split_input)


def fill(module, g):
    with torch.no_grad():
        for name, p in list(module.named_parameters()) + list(module.named_buffers()):
            if name.endswith('running_var'): p.copy_(0.5 + torch.rand(p.shape, generator=g))
            elif name.endswith('num_batches_tracked'): p.fill_(10)
            elif p.dim() >= 2: p.copy_(torch.randn(p.shape, generator=g) * math.sqrt(2 / p[0].numel()))
            elif name.endswith('weight'): p.copy_(0.5 + torch.rand(p.shape, generator=g))
            else: p.copy_(0.1 * torch.randn(p.shape, generator=g))
    module.eval()


# By name: layers with their names. 'relu' is a function between two.
HEADS = {
    'fc': lambda i, c, r: {'fc': nn.Linear(i, c)},
    'named': lambda i, c, r: {r.choice(['linear', 'classifier', 'last_linear', 'cls_head', 'output', 'logits', 'fc_new', 'my_fc']): nn.Linear(i, c)},
    'one': lambda i, c, r: {'fc': nn.Linear(i, 1)},
    'no bias': lambda i, c, r: {'out': nn.Linear(i, c, bias=False)},
    'dropout': lambda i, c, r: {r.choice(['fc', 'head', 'classifier']): nn.Sequential(nn.Dropout(), nn.Linear(i, c))},
    'hidden': lambda i, c, r: {r.choice(['fc', 'head', 'mlp']): nn.Sequential(nn.Linear(i, 8), nn.ReLU(), nn.Dropout(), nn.Linear(8, c))},
    'deep': lambda i, c, r: {r.choice(['fc', 'head']): nn.Sequential(nn.Linear(i, 9), nn.ReLU(), nn.Linear(9, 7), nn.ReLU(), nn.Linear(7, c))},
    'normed': lambda i, c, r: {'classifier': nn.Sequential(nn.BatchNorm1d(i), nn.Dropout(), nn.Linear(i, 8, bias=False), nn.ReLU(), nn.BatchNorm1d(8), nn.Linear(8, c))},
    'bn after': lambda i, c, r: {'head': nn.Sequential(nn.Linear(i, 8), nn.BatchNorm1d(8), nn.ReLU(), nn.Dropout(), nn.Linear(8, c))},
    'layernorm': lambda i, c, r: {'head': nn.Sequential(nn.LayerNorm(i), nn.Linear(i, c))},
    'prelu': lambda i, c, r: {'head': nn.Sequential(nn.Linear(i, 8), nn.PReLU(), nn.Linear(8, c))},
    'gelu': lambda i, c, r: {'head': nn.Sequential(nn.Linear(i, 8), nn.GELU(), nn.Linear(8, c))},
    'tanh': lambda i, c, r: {'head': nn.Sequential(nn.Linear(i, 8), nn.Tanh(), nn.Linear(8, c))},
    'bn only': lambda i, c, r: {'bnneck': nn.BatchNorm1d(i), 'classifier': nn.Linear(i, c, bias=False)},
    'two names': lambda i, c, r: {'fc1': nn.Linear(i, 8), 'relu': None, 'fc2': nn.Linear(8, c)},
    'square': lambda i, c, r: {'head': nn.Sequential(nn.Linear(i, i), nn.ReLU(), nn.Linear(i, c))},
    'width': lambda i, c, r: {'head': nn.Sequential(nn.Linear(i, 8), nn.BatchNorm1d(8), nn.ReLU(), nn.Linear(8, 8), nn.BatchNorm1d(8), nn.ReLU(), nn.Linear(8, c))},
    'concat': lambda i, c, r: {'1': nn.Sequential(AdaptiveConcatPool2d(), nn.Flatten(), nn.BatchNorm1d(2 * i), nn.Dropout(), nn.Linear(2 * i, 8, bias=False), nn.ReLU(), nn.BatchNorm1d(8), nn.Dropout(), nn.Linear(8, c, bias=False))},
    'softmax': lambda i, c, r: {'fc': nn.Sequential(nn.Linear(i, c), nn.LogSoftmax(1))},
    'two heads': lambda i, c, r: {'fc_a': nn.Linear(i, c), 'fc_b': nn.Linear(i, 3)},
    'projection': lambda i, c, r: {'projection_head': nn.Sequential(nn.Linear(i, i), nn.ReLU(), nn.Linear(i, 16))},
    'none': lambda i, c, r: {},
}
# What leaves no trace in a head, so nothing else in the file may be unusual.
HIDDEN = {'gelu', 'tanh', 'softmax', 'concat', 'two heads', 'projection'}
PREFIXES = ['', '', 'module', 'resnet', 'encoder', 'model', 'backbone', 'model.net', '_orig_mod', 'module.model.cnn', 'my_net', 'trunk', 'visual', 'feature_extractor', 'net.0', 'a.b.c', 'image_encoder.model']
WRAPPERS = ['state_dict', 'model', 'weights', 'net_state', 'best_model', 'params', 'a.b', 'model_state_dict', 'network']
FORMS = ['zip', 'zip', 'legacy', 'safetensors', 'whole', 'whole legacy', 'traced', 'scripted']


def probe(size):
    n = 3 * size * size
    return (torch.arange(n, dtype=torch.float32) * 37 % 101 / 50 - 1).reshape(1, 3, size, size)


def make(seed, i, small, families=False):
    r, g = random.Random(f'{seed}/{i}'), torch.Generator().manual_seed(seed * 10007 + i)
    form = r.choice(FORMS)
    # A zip entry for each tensor is most of a small file.
    if small and i % 4 and form in ('zip', 'traced'): form = 'legacy'
    if form == 'scripted': form = 'traced'
    told = form not in ('zip', 'legacy', 'safetensors')
    head_name = r.choice(list(HEADS))
    trunk, what = (build_family if families else build)(r, small, head_name not in HIDDEN, told)
    head = HEADS[head_name](trunk.width, 5, r)
    prefix = r.choice(PREFIXES)
    if head_name == 'concat' and prefix == '': prefix = '0'
    inside = r.random() < 0.5 and head_name not in ('concat', 'projection')
    # If two are of the same kind, both names refer to one module.
    if head_name in ('bn only', 'two heads'): inside = inside and prefix != ''
    m = Whole()
    m.trunk_path, m.concat = prefix, head_name == 'concat'
    if prefix: put(m, prefix, trunk)
    else:
        # The trunk's own names at the top.
        m = trunk_at_top(trunk, m)
    names = []
    for name, layer in head.items():
        if layer is None: names.append('relu'); continue
        path = f'{prefix}.{name}' if inside and prefix else name
        put(m, path, layer)
        names.append(path)
    m.heads = names
    fill(m, g)
    size = r.choice([32, 40]) if small else r.choice([32, 48, 56, 64])
    x = probe(size)
    kind = 'features' if not head or head_name in ('two heads', 'projection') else 'logits'
    with torch.no_grad():
        if head_name == 'two heads':
            m.heads = [names[0]]
            y = m(x)
            m.heads = []
            f = m(x)
            kind = 'logits'
        elif head_name == 'projection':
            m.heads = []
            y = m(x)
            m.heads = names
        else: y = m(x)
    return r, m, dict(what, prefix=prefix, head=head_name, inside=inside, form=form, kind=kind, size=size), y


class Top(Trunk):
    """A trunk with a head among its own modules."""
    def forward(self, x):
        f = Trunk.forward(self, x)
        if not self.heads: return f
        y = f.mean((2, 3))
        for name in self.heads: y = torch.relu(y) if name == 'relu' else at(self, name)(y)
        return y


def trunk_at_top(trunk, whole):
    trunk.__class__ = Top
    trunk.heads, trunk.concat = [], False
    return trunk


def save(r, m, case, out, name, small):
    form = case['form']
    wrapper = r.choice(['', ''] + WRAPPERS) if form not in ('safetensors', 'traced') else ''
    beside = r.choice(['', '', 'criterion', 'ema', 'optimizer']) if form in ('zip', 'legacy') else ''
    sd = m.state_dict()
    if beside == 'criterion': sd['criterion.weight'] = torch.ones(5)
    it = m if form.startswith('whole') else OrderedDict((k, v.detach()) for k, v in sd.items())
    saved = it
    if wrapper:
        saved = {'epoch': 3, 'best_acc': torch.tensor(0.5)}
        there = saved
        *outer, last = wrapper.split('.')
        for k in outer: there = there.setdefault(k, {})
        there[last] = it
        if beside == 'optimizer': saved['optimizer'] = {'state': {0: {'exp_avg': torch.zeros(2, 2, 3, 3)}}, 'param_groups': [{'lr': 0.1}]}
    if form == 'safetensors':
        from safetensors.torch import save_file
        save_file({k: v.clone() for k, v in sorted(sd.items())}, str(out / name))
    elif form == 'traced': torch.jit.trace(m, probe(case['size'])).save(str(out / name))
    else: torch.save(saved, out / name, _use_new_zipfile_serialization=form in ('zip', 'whole'))
    return dict(wrapper=wrapper, beside=beside)


EXTENSIONS = {'safetensors': 'safetensors', 'traced': 'pt'}


def main(out, count, seed, small, families):
    out = Path(out)
    out.mkdir(parents=True, exist_ok=True)
    cases = []
    for i in range(count):
        r, m, case, y = make(seed, i, small, families)
        name = f'{i:03d}.{EXTENSIONS.get(case["form"], "pth")}'
        case.update(save(r, m, case, out, name, small))
        cases.append(dict(file=name, **case, values=[float(f'{v:.7g}') for v in y.flatten().tolist()]))
    (out / 'cases.json').write_text('[\n' + ',\n'.join(json.dumps(c) for c in cases) + '\n]\n')


if __name__ == '__main__':
    args = [a for a in sys.argv[1:] if not a.startswith('--')]
    main(args[0], int(args[1]), int(args[2]), '--small' in sys.argv, '--families' in sys.argv)
