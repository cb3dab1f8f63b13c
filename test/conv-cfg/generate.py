"""Computes reference.json: what OpenMMLab's own classes give for every conv_cfg x norm_cfg x family, at cut widths, in float64.

    pip install torch torchvision mmcv-lite==2.1.0 mmengine==0.10.7 mmdet==3.3.0 mmpretrain==1.2.0
    python test/conv-cfg/generate.py > test/conv-cfg/reference.json

No weights are stored: `fill` makes them from the names of the tensors, and test/support/hashed-weights.ts makes the same. mmcv-lite
has no deformable convolution; torchvision's stands in, wired as mmcv/ops/{deform_conv,modulated_deform_conv}.py wire theirs.
"""
import json, re, sys, warnings
import numpy as np, torch
from torch import nn

warnings.filterwarnings('ignore')
torch.set_default_dtype(torch.float64)

import importlib
from torchvision.ops import deform_conv2d
from mmengine.registry import MODELS
import mmcv.cnn

MMDET = {n: importlib.import_module(f'mmdet.models.backbones.{f}') for f, names in {
    'resnet': ['ResNet', 'ResNetV1d'], 'resnext': ['ResNeXt'], 'resnest': ['ResNeSt'], 'res2net': ['Res2Net'], 'regnet': ['RegNet'],
    'trident_resnet': ['TridentResNet'], 'detectors_resnet': ['DetectoRS_ResNet'], 'detectors_resnext': ['DetectoRS_ResNeXt']}.items() for n in names}
MMPRETRAIN = {n: importlib.import_module(f'mmpretrain.models.backbones.{f}') for f, names in {
    'resnet': ['ResNet', 'ResNetV1c', 'ResNetV1d'], 'resnet_cifar': ['ResNet_CIFAR'], 'resnext': ['ResNeXt'], 'seresnet': ['SEResNet'], 'seresnext': ['SEResNeXt'],
    'resnest': ['ResNeSt'], 'res2net': ['Res2Net'], 'regnet': ['RegNet']}.items() for n in names}
LayerNorm2d = importlib.import_module('mmpretrain.models.utils.norm').LayerNorm2d


class DCN(nn.Conv2d):
    per_point = 2

    def __init__(self, *args, deform_groups=1, **kwargs):
        super().__init__(*args, **kwargs)
        kh, kw = self.kernel_size
        offsets = self.per_point * kh * kw * deform_groups
        self.conv_offset = nn.Conv2d(self.in_channels, offsets, self.kernel_size, self.stride, self.padding, self.dilation, bias=True)

    def forward(self, x):
        return deform_conv2d(x, self.conv_offset(x), self.weight, None, self.stride, self.padding, self.dilation)


class DCNv2(DCN):
    per_point = 3

    def forward(self, x):
        o1, o2, mask = torch.chunk(self.conv_offset(x), 3, dim=1)
        return deform_conv2d(x, torch.cat((o1, o2), dim=1), self.weight, None, self.stride, self.padding, self.dilation, mask=torch.sigmoid(mask))


for name, kind in {'DCN': DCN, 'DCNv2': DCNv2, 'LN2d': LayerNorm2d}.items():
    MODELS.register_module(name=name, module=kind, force=True)

CONVS = [None, {'type': 'ConvWS'}, {'type': 'ConvAWS'}, {'type': 'Conv2dAdaptivePadding'}, {'type': 'DCN'}, {'type': 'DCNv2'}]
NORMS = [{'type': 'BN'}, {'type': 'GN', 'num_groups': 2}, {'type': 'IN'}, {'type': 'LN2d'}]
one = {'depth': 50, 'num_stages': 1, 'strides': [2], 'dilations': [1], 'out_indices': [0], 'base_channels': 8, 'stem_channels': 8}
trident = {**one, 'num_stages': 3, 'strides': [1, 1, 2], 'dilations': [1, 1, 1], 'out_indices': [2], 'base_channels': 2, 'stem_channels': 4, 'num_branch': 3, 'trident_dilations': [1, 2, 3]}
reg = {'arch': {'w0': 8, 'wa': 8.0, 'wm': 2.0, 'group_w': 8, 'depth': 2, 'bot_mul': 1.0}, 'strides': [2, 1], 'dilations': [1, 2], 'out_indices': [1], 'stem_channels': 8}
FAMILIES = [
    {'type': 'ResNet', **one, 'depth': 18}, {'type': 'ResNet', **one, 'style': 'caffe'}, {'type': 'ResNetV1c', **one}, {'type': 'ResNetV1d', **one},
    {'type': 'ResNet_CIFAR', **one}, {'type': 'ResNeXt', **one, 'groups': 2, 'width_per_group': 4}, {'type': 'SEResNet', **one},
    {'type': 'SEResNeXt', **one, 'groups': 2, 'width_per_group': 4}, {'type': 'ResNeSt', **one}, {'type': 'Res2Net', **one, 'scales': 3, 'base_width': 6},
    {'type': 'RegNet', **reg},
    {'type': 'mmdet.ResNet', **one, 'dilations': [2]}, {'type': 'mmdet.ResNetV1d', **one}, {'type': 'mmdet.ResNeXt', **one, 'groups': 2, 'base_width': 4},
    {'type': 'mmdet.ResNeSt', **one}, {'type': 'mmdet.Res2Net', **one, 'scales': 3, 'base_width': 6}, {'type': 'mmdet.RegNet', **reg},
    {'type': 'mmdet.TridentResNet', **trident, 'test_branch_idx': 1}, {'type': 'mmdet.TridentResNet', **trident, 'test_branch_idx': -1, 'style': 'caffe'},
    {'type': 'mmdet.DetectoRS_ResNet', **one}, {'type': 'mmdet.DetectoRS_ResNeXt', **one, 'groups': 2, 'base_width': 4},
]


def uniform(key, size):
    """In [-1, 1), depending only on key and index."""
    state = 2166136261
    for c in key.encode():
        state = ((state ^ c) * 16777619) & 0xFFFFFFFF
    x = (np.arange(size, dtype=np.uint64) * 0x9E3779B9 + state) & 0xFFFFFFFF
    for shift, factor in ((16, 0x85EBCA6B), (13, 0xC2B2AE35)):
        x = ((x ^ (x >> np.uint64(shift))) * np.uint64(factor)) & 0xFFFFFFFF
    x ^= x >> np.uint64(16)
    return (x >> np.uint64(8)).astype(np.float64) / 2**23 - 1


def canonical(key, deep):
    """mmpretrain's names, which number the parts of a deep stem differently."""
    if deep:
        found = re.match(r'stem\.(\d+)\.(.*)', key)
        if found:
            i = int(found[1])
            return f"stem.{i // 3}.{'conv' if i % 3 == 0 else deep}.{found[2]}"
    return key


def fill(key, shape):
    size = int(np.prod(shape))
    u = uniform(key, size).reshape(shape)
    if key.endswith(('running_var', 'weight_gamma')) or (key.endswith('weight') and len(shape) == 1):
        return 1 + u / 2
    if len(shape) > 1 and key.endswith('weight'):
        return u * np.sqrt(3 / np.prod(shape[1:]))
    return u / 10


def build(config):
    config = dict(config)
    scope, _, name = config.pop('type').rpartition('.')
    table = MMDET if scope == 'mmdet' else MMPRETRAIN
    return getattr(table[name], name)(**config)


def main():
    cases = []
    for family in FAMILIES:
        for conv in CONVS:
            for norm in NORMS:
                if conv and conv['type'].startswith('DCN') and norm['type'] != 'BN':
                    continue
                config = {**family, 'norm_cfg': norm, **({'conv_cfg': conv} if conv else {})}
                try:
                    model = build(json.loads(json.dumps(config)))
                    model.eval()
                except Exception as error:
                    print('left out:', json.dumps(config), repr(error)[:120], file=sys.stderr)
                    continue
                state = model.state_dict()
                deep = norm['type'].lower()[:2] if 'mmdet' in family['type'] and any(k.startswith('stem.') for k in state) else ''
                with torch.no_grad():
                    for key, value in state.items():
                        if not key.endswith('num_batches_tracked'):
                            value.copy_(torch.from_numpy(fill(canonical(key, deep), tuple(value.shape))))
                    shape = (1, 3, 29, 22)
                    x = torch.from_numpy(uniform('input', int(np.prod(shape))).reshape(shape))
                    try:
                        outputs = model(x)
                    except Exception as error:
                        print('left out:', json.dumps(config), repr(error)[:120], file=sys.stderr)
                        continue
                samples = []
                for y in outputs:
                    flat = y.flatten()
                    step = max(1, flat.numel() // 7)
                    samples.append({'shape': list(y.shape), 'norm': float(f'{flat.norm().item():.9g}'), 'step': step, 'values': [float(f'{v:.9g}') for v in flat[::step].tolist()]})
                cases.append({'config': config, 'outputs': samples})
    print('[\n' + ',\n'.join(json.dumps(c, separators=(',', ':')) for c in cases) + '\n]')


main()
