"""Writes what PyTorch computes with networks of timm and transformers, and with classes of our own (own.py), that no other
reference case covers, at cut widths: test/libraries/architectures.json, by which src/arch/libraries/architectures.test.ts checks.

    python test/libraries/architectures.py             # all cases
    python test/libraries/architectures.py 'v2 gn'     # only these; the others stay as they are

Weights and inputs come from the generator of test/goldens/README.md, scaled by `scale_of`, so the file holds results only.
"""
import inspect
import json
import math
import os
import sys
from functools import partial

from packages import require

np, torch, timm, transformers = require('numpy', 'torch', 'timm', 'transformers')
from timm.layers import BatchNormAct2d, EvoNorm2dS0, FilterResponseNormTlu2d, GroupNormAct, StdConv2d, create_attn, create_conv2d, gather_excite  # noqa: E402
from timm.layers.std_conv import StdConv2dSame  # noqa: E402
from timm.models.resnet import BasicBlock, Bottleneck, ResNet  # noqa: E402
from timm.models.resnetv2 import ResNetV2  # noqa: E402
from timm.models.sknet import SelectiveKernelBasic, SelectiveKernelBottleneck  # noqa: E402
from own import OWN  # noqa: E402

FILE = os.path.join(os.path.dirname(os.path.abspath(__file__)), 'architectures.json')
SEED = 20261129

BLOCKS = {
    'BasicBlock': BasicBlock, 'Bottleneck': Bottleneck,
    'SelectiveKernelBasic': SelectiveKernelBasic, 'SelectiveKernelBottleneck': SelectiveKernelBottleneck,
}
NORMS = {'batchnorm2d': BatchNormAct2d, 'groupnorm': GroupNormAct, 'evonorms0': EvoNorm2dS0, 'frntlu': FilterResponseNormTlu2d}

# timm 1.0.31 cannot make its gather-excite (`*dd` for `**dd`); before and after it can.
exec(inspect.getsource(gather_excite).replace('*dd)', '**dd)'), gather_excite.__dict__)
create_attn_module = inspect.getmodule(create_attn)
create_attn_module.GatherExcite = gather_excite.GatherExcite


def v2(**config):
    return {'library': 'timm', 'type': 'ResNetV2', 'layers': [1, 1, 2, 1], 'num_classes': 7} | config


def resnet(**config):
    return {'library': 'timm', 'type': 'ResNet', 'layers': [1, 1, 1, 1], 'stem_width': 8, 'stem_type': 'deep', 'num_classes': 7, **config}


def attention(kind):
    return resnet(block=['BasicBlock', 'Bottleneck', 'BasicBlock', 'Bottleneck'], channels=[32, 8, 24, 16], block_args={'attn_layer': kind})


def bit(**config):
    sizes = {'embedding_size': 32, 'hidden_sizes': [64, 64, 96, 128], 'depths': [1, 2, 1, 1], 'num_groups': 8}
    return {'library': 'transformers', 'type': 'bit', **sizes, 'num_labels': 7, **config}


def own(**backbone):
    head = {'type': 'LinearClsHead', 'num_classes': 7}
    return {'type': 'ImageClassifier', 'backbone': backbone, 'neck': {'type': 'GlobalAveragePooling'}, 'head': head}


basic = {'basic': True, 'bottle_ratio': 1, 'channels': [16, 24, 32, 40], 'stem_chs': 16, 'conv_layer': 'conv2d', 'norm_layer': 'batchnorm2d'}
narrow = {'channels': [32, 32, 48, 64], 'stem_chs': 16, 'conv_layer': 'conv2d', 'norm_layer': 'batchnorm2d'}
grouped = {'channels': [128, 128, 128, 128], 'stem_chs': 64, 'layers': [1, 1, 1, 1]}
sk_basic = {'block': 'SelectiveKernelBasic', 'channels': [16, 24, 32, 40]}
sk_bottleneck = {'block': 'SelectiveKernelBottleneck', 'channels': [16, 24, 32, 16]}

CASES = {
    'v2': v2(**grouped),
    'v2 bit': v2(channels=[64, 64, 128, 64], stem_chs=32, width_factor=2, stem_type='fixed', conv_eps=1e-8),
    'v2 basic': v2(**basic),
    'v2 basic d': v2(**basic, stem_type='deep', avg_down=True),
    'v2 basic dilated': v2(**basic, avg_down=True, output_stride=8),
    'v2 plain': v2(**narrow),
    'v2 t': v2(**narrow, stem_type='tiered', avg_down=True),
    'v2 silu': v2(**narrow, act_layer='silu', global_pool='avgmax'),
    'v2 t dilated': v2(**narrow, stem_type='tiered', avg_down=True, output_stride=8),
    'v2 dilated': v2(**narrow, output_stride=16),
    'v2 gn': v2(**grouped, conv_layer='conv2d', norm_layer='groupnorm', stem_type='deep', avg_down=True),
    'v2 evos': v2(**grouped, conv_layer='conv2d', norm_layer='evonorms0', stem_type='deep', avg_down=True),
    'v2 frn': v2(**narrow | {'norm_layer': 'frntlu'}, stem_type='deep', avg_down=True),
    'v2 hybrid': v2(**grouped, conv_layer='stdconv2dsame', stem_type='same', preact=False),
    'v2 hybrid deep': v2(**grouped, conv_layer='stdconv2dsame', stem_type='deep_same', preact=False, avg_down=True),
    'v2 without head': v2(**narrow, num_classes=0),
    'sk basic': resnet(**sk_basic, block_args={'sk_kwargs': {'rd_ratio': 1 / 8, 'rd_divisor': 16, 'split_input': True}}),
    'sk bottleneck': resnet(**sk_bottleneck, block_args={'sk_kwargs': {'split_input': True}}, avg_down=True),
    'sk grouped': resnet(**sk_bottleneck, cardinality=2, base_width=32,
                         block_args={'sk_kwargs': {'rd_ratio': 1 / 16, 'rd_divisor': 32, 'split_input': False}}),
    'sk dilated': resnet(**sk_bottleneck, output_stride=8, block_args={'sk_kwargs': {}, 'attn_layer': 'se'}),
    'sk of other kernels': resnet(**sk_basic, block_args={'sk_kwargs': {'keep_3x3': False, 'rd_channels': 12, 'kernel_size': [3, 5]}}),
    **{f'attention {kind}': attention(kind) for kind in
       ['ese', 'ecam', 'ceca', 'ge', 'gc', 'gca', 'cbam', 'lcbam', 'coord', 'scoord', 'ela', 'strip', 'sk', 'splat', 'nl']},
    'bit': bit(),
    'bit bottleneck': bit(layer_type='bottleneck'),
    'bit SAME': bit(global_padding='SAME', embedding_dynamic_padding=True),
    'bit bottleneck SAME': bit(layer_type='bottleneck', global_padding='SAME', embedding_dynamic_padding=True),
    'bit dynamic': bit(layer_type='bottleneck', embedding_dynamic_padding=True, output_stride=8),
    'bit without head': bit(num_labels=0),
    'own general': own(type='GeneralResNet', block='Bottleneck', layers=[1, 1, 2, 1], channels=[32, 48, 64, 96], projected=[True] * 4, avg_down=True,
                       stem={'channels': [8, 8, 16]}, attention={'type': 'SE', 'channels': [8, 12, 16, 24]}),
}


def build(config):
    if config['type'] == 'ImageClassifier':
        return OWN[config['backbone']['type']](config['backbone'], config['head']['num_classes'])
    own = {key: value for key, value in config.items() if key not in ('library', 'type')}
    if config['type'] == 'bit':
        return transformers.BitForImageClassification(transformers.BitConfig(**own))
    if config['type'] == 'ResNetV2':
        norm = NORMS[own.pop('norm_layer', 'groupnorm')]
        eps = own.pop('conv_eps', 1e-6)
        conv = own.pop('conv_layer', 'stdconv2d')
        layer = {'conv2d': create_conv2d, 'stdconv2d': partial(StdConv2d, eps=eps), 'stdconv2dsame': partial(StdConv2dSame, eps=eps)}[conv]
        return ResNetV2(norm_layer=norm, conv_layer=layer, **own)
    given = own.pop('block')
    block = [BLOCKS[one] for one in given] if isinstance(given, list) else BLOCKS[given]
    return ResNet(block, own.pop('layers'), **own)


def scale_of(name, shape):
    """Scale and offset of a tensor's numbers, so that values stay near 1 through the network."""
    if name.endswith('running_mean') or name.endswith('bias'):
        return 0.2, 0
    if name.endswith('running_var') or len(shape) == 1:
        return 0.5, 1
    return 1.7 / math.sqrt(math.prod(shape) / shape[0]), 0


def generate(name, shape, scale, offset):
    """test/goldens/README.md, "Full-size cases and the generator"."""
    h = 2166136261
    for byte in name.encode():
        h = ((h ^ byte) * 16777619) & 0xFFFFFFFF
    i = np.arange(math.prod(shape), dtype=np.uint64)
    mask = np.uint64(0xFFFFFFFF)
    x = (np.uint64(h ^ SEED) + i * np.uint64(0x9E3779B9)) & mask
    x ^= x >> np.uint64(16)
    x = (x * np.uint64(0x85EBCA6B)) & mask
    x ^= x >> np.uint64(13)
    x = (x * np.uint64(0xC2B2AE35)) & mask
    x ^= x >> np.uint64(16)
    u = ((x >> np.uint64(8)).astype(np.float64) / 2**24 * 2 - 1).astype(np.float32)
    return torch.from_numpy((u * np.float32(scale) + np.float32(offset)).reshape(shape))


def features(model, x):
    """The map of every stage, before whatever the library puts after the last one."""
    maps = []
    stages = model.bit.encoder.stages if hasattr(model, 'bit') else getattr(model, 'stages', None)
    for stage in stages if stages is not None else [model.layer1, model.layer2, model.layer3, model.layer4]:
        stage.register_forward_hook(lambda _, __, out: maps.append(out))
    out = model(x)
    return maps, out.logits if hasattr(out, 'logits') else out


def numbers(tensor):
    return [float(f'{value:.9g}') for value in tensor.reshape(-1).to(torch.float32).tolist()]


def probes(tensor):
    flat = tensor.reshape(-1)
    return {'shape': list(tensor.shape), 'values': numbers(flat[[(k * 7919 + 13) % len(flat) for k in range(24)]])}


def case(name, config):
    model = build(config).eval()
    names = {key: list(value.shape) for key, value in model.state_dict().items() if not key.endswith('num_batches_tracked')}
    model.load_state_dict({key: generate(key, shape, *scale_of(key, shape)) for key, shape in names.items()}, strict=False)
    shape = [2, 3, 37, 30] if 'dilated' in name or 'dynamic' in name else [1, 3, 40, 52]
    with torch.no_grad():
        maps, logits = features(model.double(), generate('input', shape, 2, 0).double())
    return {
        'name': name,
        'arch': config,
        'input': shape,
        # Of every tensor its name and how many numbers it has.
        'tensors': len(names),
        'names': ' '.join(sorted(f'{key}:{math.prod(shape)}' for key, shape in names.items())),
        'stages': [probes(one) for one in maps],
        'logits': {'shape': list(logits.shape), 'values': numbers(logits)},
    }


def digest(text):
    h = 2166136261
    for byte in text.encode():
        h = ((h ^ byte) * 16777619) & 0xFFFFFFFF
    return h


def named(name):
    """The tensors of a network of full size, without their numbers."""
    with torch.device('meta'):
        state = timm.create_model(name).state_dict()
    keys = sorted(f'{key}:{value.numel()}' for key, value in state.items() if not key.endswith('num_batches_tracked'))
    return {'name': name, 'tensors': len(keys), 'names': digest(' '.join(keys))}


def stored():
    with open(FILE) as file:
        return json.load(file)


def lines(entries):
    return ',\n'.join(json.dumps(one, separators=(',', ':')) for one in entries)


if __name__ == '__main__':
    wanted = sys.argv[1:]
    unknown = [name for name in wanted if name not in CASES]
    if unknown:
        sys.exit(f'CASES of architectures.py has no {", ".join(map(repr, unknown))}.')
    if wanted:
        made = stored()
        names, known = made.pop('names'), {one['name']: one for one in made.pop('cases')}
    else:
        names, known = [named(name) for module in ('resnetv2', 'sknet') for name in timm.list_models(module=module)], {}
        made = {'libraries': {'timm': timm.__version__, 'transformers': transformers.__version__, 'torch': torch.__version__}, 'seed': SEED}
    cases = []
    for name, config in CASES.items():
        if not wanted or name in wanted:
            one = case(name, config)
            cases.append({**one, 'names': digest(one['names'])})
        elif name in known:
            cases.append(known[name])
    with open(FILE, 'w') as file:
        file.write(f'{json.dumps(made)[:-1]}, "names": [\n{lines(names)}\n], "cases": [\n{lines(cases)}\n]}}\n')
    print(f'{len(cases)} cases, {os.path.getsize(FILE)} bytes')
