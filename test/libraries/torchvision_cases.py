"""One network of every kind in torchvision's ResNet family."""
from packages import require

torchvision = require('torchvision')
from torchvision.models.regnet import BlockParams, RegNet  # noqa: E402
from torchvision.models.resnet import BasicBlock, Bottleneck, ResNet  # noqa: E402


def forward(model, last):
    def run(x):
        seen = []
        hook = last.register_forward_hook(lambda _, __, out: seen.append(out))
        logits = model(x)
        hook.remove()
        return logits, seen
    return run


def cases(case):
    def named(name):
        model = torchvision.models.get_model(name, num_classes=10)
        last = model.layer4 if hasattr(model, 'layer4') else model.trunk_output
        return case(f'torchvision {name}', model, forward(model, last), arch=name)

    yield named('resnet18')
    yield named('regnet_x_400mf')
    yield named('regnet_y_400mf')
    wide = ResNet(Bottleneck, [1, 1, 1, 1], num_classes=10, groups=8, width_per_group=4, replace_stride_with_dilation=[False, False, True])
    arguments = {'library': 'torchvision', 'type': 'ResNet', 'block': 'Bottleneck', 'layers': [1, 1, 1, 1], 'num_classes': 10, 'groups': 8,
                 'width_per_group': 4, 'replace_stride_with_dilation': [False, False, True]}
    yield case('torchvision ResNet, grouped and dilated', wide, forward(wide, wide.layer4), arch=arguments)
