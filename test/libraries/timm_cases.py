"""One network of every kind in timm's ResNet family, as narrow as the class allows."""
from packages import require

timm = require('timm')

SMALL = dict(channels=(16, 32, 64, 128), stem_width=16)


def forward(model):
    def run(x):
        features = model.forward_features(x)
        return (model.forward_head(features) if model.num_classes else None), [features]
    return run


def before_final_conv(model):
    """For RegNets with another convolution at the end: the last stage's map, as from timm's features_only."""
    def run(x):
        seen = []
        hook = model.s4.register_forward_hook(lambda _, __, out: seen.append(out))
        logits = model(x)
        hook.remove()
        return logits, seen
    return run


def jsonable(value):
    return list(value) if isinstance(value, tuple) else value


def cases(case):
    def named(name, shape=(1, 3, 40, 36), forward=forward):
        model = timm.create_model(name, num_classes=10)
        return case(f'timm {name}', model, forward(model), shape, arch=f'timm/{name}')

    def made(name, shape=(1, 3, 40, 36), **arguments):
        arguments = {'num_classes': 10, **arguments}
        model = timm.create_model(name, **arguments)
        title = ' '.join(f'{key}={value}' for key, value in arguments.items() if key not in ('channels', 'stem_width', 'num_classes'))
        config = {'architecture': name, 'num_classes': arguments['num_classes'], 'pretrained_cfg': {'input_size': [3, 64, 64]},
                  'model_args': {key: jsonable(value) for key, value in arguments.items()}}
        return case(f'timm {name} {title}', model, forward(model), shape, config=config)

    # By name these have full width, so only small ones.
    yield named('legacy_seresnet18')
    yield named('test_resnet')
    yield named('regnetx_002')
    yield named('regnety_002')
    yield named('regnetz_005', forward=before_final_conv)
    # Kinds of blocks, stems, attention and anti-aliasing.
    yield made('resnet18', **SMALL)
    yield made('resnet26d', **SMALL)
    yield made('resnet26t', channels=(16, 32, 64, 128), stem_width=16)
    yield made('resnet50_gn', layers=(1, 1, 1, 1), channels=(32, 64, 64, 64))
    yield made('resnetblur18', **SMALL)
    # timm's own anti-aliased blocks need even sizes.
    yield made('resnetaa34d', layers=(1, 1, 1, 1), shape=(1, 3, 64, 32), **SMALL)
    yield made('seresnet18', **SMALL)
    yield made('ecaresnet26t', channels=(16, 32, 64, 128), stem_width=16)
    yield made('resnetrs50', layers=(1, 1, 1, 1), **SMALL)
    yield made('resnext50_32x4d', layers=(1, 1, 1, 1), cardinality=4, base_width=8, channels=(16, 32, 64, 64))
    yield made('resnest14d', **SMALL)
    yield made('res2net50_26w_4s', layers=(1, 1, 1, 1), channels=(16, 32, 64, 64))
    # Options that people use for training.
    for pool in ('max', 'avgmax', 'catavgmax'):
        yield made('resnet18', global_pool=pool, **SMALL)
    for activation in ('silu', 'gelu', 'leaky_relu', 'hard_swish', 'mish'):
        yield made('resnet26d', act_layer=activation, **SMALL)
    yield made('seresnet18', act_layer='silu', **SMALL)
    yield made('resnest14d', act_layer='gelu', **SMALL)
    yield made('regnety_002', act_layer='hard_swish')
    yield made('resnet18', in_chans=1, shape=(1, 1, 40, 36), **SMALL)
    yield made('resnet18', output_stride=8, **SMALL)
    yield made('resnet18', num_classes=0, **SMALL)
    yield made('resnet18', shape=(1, 3, 49, 83), **SMALL)
    yield made('resnet18', block_args={'attn_layer': 'se'}, **SMALL)
