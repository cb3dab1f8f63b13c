"""Operators of golden cases in PyTorch: README.md, "Operator cases"."""
import torch
from torch.nn import functional as F


def conv2d(t, a):
    return F.conv2d(t['x'], t['weight'], t.get('bias'), **a)


def conv_ws2d(t, a):
    a = dict(a)
    eps = a.pop('eps')
    weight = t['weight']
    flat = weight.flatten(1)
    mean, deviation = (one.reshape(-1, 1, 1, 1) for one in (flat.mean(1), flat.std(1)))
    return F.conv2d(t['x'], (weight - mean) / (deviation + eps), t.get('bias'), **a)


def deform_conv2d(t, a):
    from torchvision.ops import deform_conv2d as deform
    # The number of groups follows from the shapes.
    sizes = {key: a[key] for key in ('stride', 'padding', 'dilation')}
    return deform(t['x'], t['offset'], t['weight'], t.get('bias'), mask=t.get('mask'), **sizes)


def pool(function, *more):
    def run(t, a):
        return function(t['x'], a['kernel'], a['stride'], a['padding'], **{key: a[key] for key in ('ceil_mode', *more)})
    return run


OPS = {
    'add_relu': lambda t, a: F.relu(t['a'] + t['b']),
    'avg_pool2d': pool(F.avg_pool2d, 'count_include_pad'),
    'batch_norm': lambda t, a: F.batch_norm(t['x'], t['running_mean'], t['running_var'], t['weight'], t['bias'], eps=a['eps']),
    'bilinear': lambda t, a: F.interpolate(t['x'], size=a['size'], mode='bilinear', align_corners=False),
    'conv2d': conv2d,
    'conv_ws2d': conv_ws2d,
    'deform_conv2d': deform_conv2d,
    'gem': lambda t, a: t['x'].clamp(min=a['eps']).pow(a['p']).mean((2, 3), keepdim=True).pow(1 / a['p']),
    'global_avg_pool': lambda t, a: t['x'].mean((2, 3), keepdim=True),
    'group_norm': lambda t, a: F.group_norm(t['x'], a['num_groups'], t['weight'], t['bias'], a['eps']),
    'instance_norm': lambda t, a: F.instance_norm(t['x'], weight=t['weight'], bias=t['bias'], eps=a['eps']),
    'layer_norm': lambda t, a: F.layer_norm(t['x'], t['weight'].shape, t['weight'], t['bias'], a['eps']),
    'linear': lambda t, a: F.linear(t['x'], t['weight'], t.get('bias')),
    'matmul': lambda t, a: t['a'] @ t['b'],
    'max_pool2d': pool(F.max_pool2d),
    'reflect_pad': lambda t, a: F.pad(t['x'], [a['pad']] * 4, mode='reflect'),
    'softmax': lambda t, a: t['x'].softmax(a['dim']),
    # Activations with one input: elu, gelu, hardswish, leaky_relu, mish, silu, … with PyTorch's arguments.
    'sigmoid': lambda t, a: t['x'].sigmoid(),
}
for name in ('elu', 'gelu', 'hardsigmoid', 'hardswish', 'leaky_relu', 'mish', 'relu', 'relu6', 'silu', 'tanh'):
    OPS[name] = lambda t, a, function=getattr(F, name): function(t['x'], **a)


def arrange(op, name, shape):
    """Values of an input of a new case."""
    if name == 'running_var':
        return torch.rand(shape) + 0.5
    if name == 'mask':
        return torch.rand(shape)
    if name == 'weight' and len(shape) > 1:
        return torch.randn(shape) / max(1, torch.Size(shape[1:]).numel()) ** 0.5
    return torch.randn(shape)
