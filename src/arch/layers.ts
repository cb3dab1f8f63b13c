/** Convolutions, norms and activations as OpenMMLab's conv_cfg and norm_cfg choose them. */

import type { GraphBuilder, Weights } from '../graph/builder.ts';
import type { AdjustableOp, CurveAttributes, CurveOp } from '../graph/curve-ops.ts';
import type { ConvAttributes } from '../graph/types.ts';
import type { Arguments } from './arguments.ts';

/** The context in which every part of a network adds its nodes. */
export interface Net {
  b: GraphBuilder;
  conv: ConvSetting;
  norm: NormSetting;
  /** ReLU by default. */
  activation?: Activation;
  /** From layer path to key, if several layers share tensors (TridentNet's branches). */
  key?: (name: string) => string;
}

/** An operation, with its attributes if it has any. */
export type Activation = 'relu' | Exclude<CurveOp, AdjustableOp> | { [Op in AdjustableOp]: { op: Op } & CurveAttributes[Op] }[AdjustableOp];

export interface ConvOptions {
  stride: number;
  padding: number;
  dilation: number;
  groups: number;
  bias: boolean;
}

/** Adds a convolution of some kind and returns its node. */
export type ConvLayer = (net: Net, x: string, name: string, out: number, kernel: number, o: ConvOptions) => string;

/** `undefined` means the ordinary convolution. */
export type ConvSetting = ConvLayer | undefined;

export interface NormSetting {
  type: 'bn' | 'gn' | 'in' | 'ln';
  eps: number;
  affine: boolean;
  groups: number;
  /** Channels in a group. Replaces the number of groups. */
  groupSize?: number;
  /** Instance norm with track_running_stats normalises by the running statistics, like batch norm. */
  running: boolean;
}

export const batchNorm: NormSetting = { type: 'bn', eps: 1e-5, affine: true, groups: 1, running: true };

/** Default padding keeps the size: dilation * (kernel - 1) / 2. `layer` overrides the network's kind of convolution. */
export function conv(
  net: Net,
  x: string,
  name: string,
  out: number,
  kernel: number,
  o: Partial<ConvOptions> & { layer?: ConvSetting | 'plain' } = {},
): string {
  const { stride = 1, dilation = 1, padding = (dilation * (kernel - 1)) >> 1, groups = 1, bias = false, layer = net.conv } = o;
  return (layer === 'plain' || !layer ? plainConv : layer)(net, x, name, out, kernel, { stride, padding, dilation, groups, bias });
}

/** Attributes and tensors of an ordinary convolution. The other kinds start from these. */
export function convParts(net: Net, x: string, name: string, out: number, kernel: number, o: ConvOptions): [ConvAttributes, Weights] {
  const attributes: ConvAttributes = {
    outChannels: out,
    kernel: [kernel, kernel],
    stride: [o.stride, o.stride],
    padding: [o.padding, o.padding, o.padding, o.padding],
    dilation: [o.dilation, o.dilation],
    groups: o.groups,
    bias: o.bias,
  };
  const weight = { key: keyOf(net, name, 'weight'), shape: [out, net.b.channels(x) / o.groups, kernel, kernel] };
  return [attributes, o.bias ? { weight, bias: { key: keyOf(net, name, 'bias'), shape: [out] } } : { weight }];
}

function plainConv(...[net, x, name, out, kernel, o]: Parameters<ConvLayer>): string {
  return net.b.add('conv2d', name, [x], ...convParts(net, x, name, out, kernel, o));
}

export function keyOf(net: Net, name: string, parameter: string): string {
  return `${net.key?.(name) ?? name}.${parameter}`;
}

/** Adds the norm named `<prefix><type><postfix>`, as OpenMMLab does: `layer1.0.` + `bn` + `2`. */
export function norm(net: Net, x: string, prefix: string, postfix: number | '' = '', setting: NormSetting = net.norm): string {
  return normAt(net, x, `${prefix}${setting.type}${postfix}`, setting);
}

/** Adds a norm with a given name. */
export function normAt(net: Net, x: string, name: string, setting: NormSetting = net.norm): string {
  const { type, eps, affine, groups, running } = setting;
  const tensor = (parameter: string, learnable: boolean) => ({ key: keyOf(net, name, parameter), shape: [net.b.channels(x)], learnable });
  const weights: Weights = {};
  if (affine) Object.assign(weights, { weight: tensor('weight', true), bias: tensor('bias', true) });
  if (running) {
    Object.assign(weights, { running_mean: tensor('running_mean', false), running_var: tensor('running_var', false) });
    return net.b.add('batch_norm', name, [x], { eps, affine }, weights);
  }
  if (type === 'gn') {
    const count = setting.groupSize ? net.b.channels(x) / setting.groupSize : groups;
    return net.b.add('group_norm', name, [x], { groups: count, eps, affine }, weights);
  }
  if (type === 'in') return net.b.add('instance_norm', name, [x], { eps, affine }, weights);
  return net.b.add('layer_norm', name, [x], { over: 'channels', eps, affine }, weights);
}

export function activate(net: Net, x: string, name: string): string {
  const kind = net.activation ?? 'relu';
  if (typeof kind === 'string') return net.b.add(kind, name, [x], {});
  const { op, ...attributes } = kind;
  return net.b.add(op, name, [x], attributes);
}

/** Reads OpenMMLab's norm_cfg. Training-only keys (requires_grad, momentum) have no effect. */
export function parseNorm(a: Arguments | undefined): NormSetting {
  if (!a) return batchNorm;
  const name = a.type(['BN', 'BN2d', 'SyncBN', 'GN', 'IN', 'IN2d', 'LN2d']);
  const type = name === 'GN' ? 'gn' : name.startsWith('IN') ? 'in' : name === 'LN2d' ? 'ln' : 'bn';
  a.ignore('requires_grad', 'momentum');
  const setting: NormSetting = {
    type,
    eps: a.number('eps', 1e-5, { min: 0, max: 1 }),
    affine: type === 'ln' ? a.boolean('elementwise_affine', true) : a.boolean('affine', type !== 'in'),
    groups: type === 'gn' ? a.integer('num_groups') : 1,
    running: type === 'bn' || (type === 'in' && a.boolean('track_running_stats', false)),
  };
  if (type === 'bn' && !a.boolean('track_running_stats', true)) {
    a.fail('track_running_stats', 'is false, so each batch would be normalised by its own statistics.', 'Use true, or GN or IN.');
  }
  a.done();
  return setting;
}
