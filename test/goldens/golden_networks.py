"""The networks of golden cases, built by the libraries from case.json."""
import importlib


class CannotBuild(Exception):
    """A library that is not installed."""


def library(name, why):
    try:
        return importlib.import_module(name)
    except ImportError as error:
        raise CannotBuild(f'{error}; {why}') from None


def build(spec):
    config = dict(spec['config'])
    return {'mm': openmmlab, 'timm': timm, 'torchvision': torchvision}[spec['framework']](config)


def tuples(value):
    """Lists in a case represent tuples."""
    if isinstance(value, dict):
        return {key: tuples(one) for key, one in value.items()}
    return tuple(tuples(one) for one in value) if isinstance(value, list) else value


def openmmlab(config):
    backbone = config.get('backbone', config)
    name = 'mmdet' if backbone['type'].startswith('mmdet.') else 'mmpretrain'
    try:
        registry = importlib.import_module(f'{name}.registry')
        importlib.import_module(f'{name}.models')
    # mmcv's operators are compiled for one version of PyTorch, and fail in various ways with another.
    except Exception as error:
        raise CannotBuild(f'{name} cannot be imported ({type(error).__name__}: {error}); README.md says how to install it') from None
    importlib.import_module('mmengine.registry').init_default_scope(name)
    # Plugins are lists of dicts. Everything else may be a tuple.
    config = {key: value if key == 'plugins' else tuples(value) for key, value in config.items()}
    return registry.MODELS.build(config)


def timm(config):
    package = library('timm', 'pip install -r test/libraries/requirements.txt')
    if 'entrypoint' in config:
        return package.create_model(config['entrypoint'])
    kind = config.pop('type')
    if kind == 'RegNet':
        from timm.models.regnet import RegNet, RegNetCfg
        classes = config.pop('num_classes')
        return RegNet(RegNetCfg(**config), num_classes=classes)
    assert kind == 'ResNet', kind
    name = config.pop('block')
    modules = [importlib.import_module(f'timm.models.{module}') for module in ('resnet', 'res2net', 'resnest')]
    block = next(getattr(module, name) for module in modules if hasattr(module, name))
    if 'aa_layer' in config:
        config['aa_layer'] = {'avg': importlib.import_module('torch.nn').AvgPool2d, 'blur': importlib.import_module('timm.layers').BlurPool2d}[config['aa_layer']]
    return modules[0].ResNet(block, **tuples(config))


def torchvision(config):
    models = library('torchvision.models', 'pip install -r test/libraries/requirements.txt')
    if 'entrypoint' in config:
        return models.get_model(config['entrypoint'], weights=None)
    kind = config.pop('type')
    if kind == 'RegNet':
        from torchvision.models.regnet import BlockParams, RegNet
        rest = {key: config.pop(key) for key in ('num_classes', 'stem_width') if key in config}
        return RegNet(BlockParams.from_init_params(**config), **rest)
    assert kind == 'ResNet', kind
    resnet = importlib.import_module('torchvision.models.resnet')
    return resnet.ResNet(getattr(resnet, config.pop('block')), **config)


def stage_outputs(spec, model, x):
    """Feature maps by out_index, in the order of the case, and logits or None."""
    if spec['framework'] == 'mm':
        return openmmlab_outputs(spec, model, x)
    stages = {}
    hooks = [stage.register_forward_hook(lambda _, __, out, i=i: stages.update({i: out})) for i, stage in enumerate(stages_of(model))]
    logits = model(x)
    for hook in hooks:
        hook.remove()
    wanted = [entry['out_index'] for entry in spec.get('outputs', spec.get('stages', []))] or sorted(stages)
    return {index: stages[index] for index in wanted}, logits


def stages_of(model):
    trunk = getattr(model, 'trunk_output', model)
    for names in ('layer{}', 's{}', 'block{}'):
        if hasattr(trunk, names.format(1)):
            return [getattr(trunk, names.format(i)) for i in range(1, 5)]
    raise AssertionError(f'no stages in {type(model)}')


def openmmlab_outputs(spec, model, x):
    backbone = spec['config'].get('backbone', spec['config'])
    names = [*(['img'] if backbone.get('output_img') else []), *backbone.get('out_indices', [3])]
    if backbone is spec['config']:
        return dict(zip(names, listed(model(x)), strict=True)), None
    maps = listed(model.backbone(x))
    feats = model.neck(tuple(maps)) if model.with_neck else tuple(maps)
    return dict(zip(names, maps, strict=True)), model.head(feats)


def listed(maps):
    return list(maps) if isinstance(maps, (list, tuple)) else [maps]
