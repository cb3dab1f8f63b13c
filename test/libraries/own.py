"""PyTorch's side of the classes that no library has: `own` in src/arch/families/variant-classes.ts.

    python test/libraries/own.py '{"type": "GeneralResNet", "layers": [3, 4, 6, 3], …}'

prints the class' row for src/arch/counts.test.ts. A case in architectures.py (`own(type=…)`) compares the numbers.
"""
import json
import sys

from packages import require

torch, timm = require('torch', 'timm')
from timm.models.resnet import Bottleneck, ResNet  # noqa: E402
from torch import nn  # noqa: E402


class Gate(nn.Module):
    """Squeeze-and-excitation with linear layers."""

    def __init__(self, channels, ratio=4):
        super().__init__()
        self.fc1 = nn.Linear(channels, channels // ratio)
        self.fc2 = nn.Linear(channels // ratio, channels)

    def forward(self, x):
        factors = self.fc2(self.fc1(x.mean((2, 3))).relu()).sigmoid()
        return x * factors[:, :, None, None]


def resnet_d(gate, layers, mid, stem, classes):
    """A gate after the last norm of each block, where timm calls it `se`. `mid`: channels of the 3x3 convolutions by stage."""
    # timm also passes a device and a dtype.
    with_gate = {'attn_layer': lambda channels, **_: gate(channels)}
    return ResNet(Bottleneck, layers, channels=mid, stem_width=stem // 2, stem_type='deep', avg_down=True, block_args=with_gate, num_classes=classes)


def general(config, classes):
    return resnet_d(Gate, config['layers'], [width // 4 for width in config['channels']], config['stem']['channels'][-1], classes)


# From a backbone's configuration, as it is written for loadModel, and the number of classes.
OWN = {'GeneralResNet': general}


def count(model):
    """Parameters, billions of multiply-adds at 224x224, and calls of convolutions and linear layers."""
    calls = []
    for layer in model.modules():
        if isinstance(layer, (nn.Conv2d, nn.Linear)):
            # Each number of the output takes as many as a row of the weight has.
            layer.register_forward_hook(lambda one, _, out: calls.append(out.numel() * one.weight[0].numel()))
    with torch.no_grad():
        model.eval()(torch.zeros(1, 3, 224, 224))
    return sum(one.numel() for one in model.parameters()), round(sum(calls) / 1e9, 3), len(calls)


if __name__ == '__main__':
    config = json.loads(sys.argv[1])
    rest = {key: value for key, value in config.items() if key != 'type'}
    print([config['type'], rest, *count(OWN[config['type']](config, 1000))])
