"""Seeded weights and inputs that test/support/generator.ts makes, too, so that goldens only contain shapes and results."""
import numpy as np
import torch

SEED = 12


def generate(name, count, scale, offset, seed=SEED):
    value = 2166136261
    for byte in name.encode():
        value = ((value ^ byte) * 16777619) & 0xFFFFFFFF
    x = np.arange(count, dtype=np.uint64) * 0x9E3779B9 + (value ^ seed) & 0xFFFFFFFF
    x ^= x >> 16
    x = x * 0x85EBCA6B & 0xFFFFFFFF
    x ^= x >> 13
    x = x * 0xC2B2AE35 & 0xFFFFFFFF
    x ^= x >> 16
    u = (x >> 8).astype(np.float64) / 2**24 * 2 - 1
    return (u * scale).astype(np.float32) + np.float32(offset)


def spread(name, shape):
    """[scale, offset] of a tensor; the same rule as in test/support/library-goldens.ts."""
    if name.endswith('running_var'):
        return 0.5, 1.0
    if name.endswith('running_mean'):
        return 0.2, 0.0
    if len(shape) >= 2:
        return float(np.sqrt(3 / max(1, int(np.prod(shape[1:]))))), 0.0
    return (0.5, 1.0) if name.endswith('weight') else (0.1, 0.0)


def fill(model):
    """Gives every tensor its seeded values. Returns `name shape` for each, as listed in the goldens."""
    keys = []
    with torch.no_grad():
        for name, tensor in model.state_dict().items():
            if name.endswith('num_batches_tracked') or not tensor.is_floating_point():
                continue
            shape = list(tensor.shape)
            values = generate(name, tensor.numel(), *spread(name, shape))
            tensor.copy_(torch.from_numpy(values).reshape(shape))
            keys.append(f'{name} {",".join(map(str, shape))}')
    model.eval()
    return keys


def image(shape):
    return torch.from_numpy(generate('input', int(np.prod(shape)), 2, 0)).reshape(shape)
