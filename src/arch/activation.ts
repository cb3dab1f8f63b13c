/** Activations by the names that timm (act_layer) and transformers (hidden_act) have for them. */
import { ResnetError } from '../util/errors.ts';
import { textOf } from '../util/show.ts';
import type { Arguments } from './arguments.ts';
import type { Activation } from './layers.ts';

/** Slopes are PyTorch's defaults: 0.01 of LeakyReLU, 1 of ELU. */
export const ACTIVATIONS: Readonly<Record<string, Activation>> = {
  relu: 'relu',
  silu: 'silu',
  swish: 'silu',
  leaky_relu: { op: 'leaky_relu', slope: 0.01 },
  elu: { op: 'elu', alpha: 1 },
  celu: { op: 'elu', alpha: 1 },
  relu6: 'relu6',
  hard_swish: 'hard_swish',
  hardswish: 'hard_swish',
  mish: 'mish',
  gelu: 'gelu',
  gelu_python: 'gelu',
  gelu_tanh: 'gelu_tanh',
  gelu_new: 'gelu_tanh',
  gelu_fast: 'gelu_tanh',
  gelu_accurate: 'gelu_tanh',
  gelu_pytorch_tanh: 'gelu_tanh',
  quick_gelu: 'quick_gelu',
  tanh: 'tanh',
};

/** @throws ResnetError `unsupported` for an activation that is not here */
export function readActivation(a: Arguments, argument: string): Activation {
  const given = a.read(argument) ?? 'relu';
  const name = textOf(given).toLowerCase();
  if (Object.hasOwn(ACTIVATIONS, name)) return ACTIVATIONS[name] ?? 'relu';
  throw new ResnetError('unsupported', `'${textOf(given)}' cannot run.`, {
    layer: `${a.where}.${argument}`,
    hint: `Activations here are ${Object.keys(ACTIVATIONS).join(', ')}.`,
  });
}
