/** Activations by the names that timm (act_layer) and transformers (hidden_act) have for them. */
import { CURVES } from '../graph/curve-ops.ts';
import { ResnetError } from '../util/errors.ts';
import { textOf } from '../util/show.ts';
import type { Arguments } from './arguments.ts';
import type { Activation } from './layers.ts';

/** A sigmoid is only used in gates. No network uses it as its activation. */
const OWN = Object.entries(CURVES)
  .filter(([op]) => !op.endsWith('sigmoid'))
  .map(([op, attributes]) => [op, Object.keys(attributes).length ? { op, ...attributes } : op]);

/** The slopes are PyTorch's defaults: 0.01 for LeakyReLU, 1 for ELU. */
export const ACTIVATIONS: Readonly<Record<string, Activation>> = {
  relu: 'relu',
  ...Object.fromEntries(OWN),
  swish: 'silu',
  celu: { op: 'elu', alpha: 1 },
  hardswish: 'hard_swish',
  gelu_python: 'gelu',
  gelu_new: 'gelu_tanh',
  gelu_fast: 'gelu_tanh',
  gelu_accurate: 'gelu_tanh',
  gelu_pytorch_tanh: 'gelu_tanh',
};

/** @throws ResnetError `unsupported` for an activation that is not in this table */
export function readActivation(a: Arguments, argument: string): Activation {
  const given = a.read(argument) ?? 'relu';
  const name = textOf(given).toLowerCase();
  if (Object.hasOwn(ACTIVATIONS, name)) return ACTIVATIONS[name] ?? 'relu';
  throw new ResnetError('unsupported', `the activation '${textOf(given)}' cannot run here.`, {
    layer: `${a.where}.${argument}`,
    hint: `Activations here are ${Object.keys(ACTIVATIONS).join(', ')}.`,
  });
}
