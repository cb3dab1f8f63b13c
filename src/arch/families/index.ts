/** The classes of OpenMMLab that are in the core. variant-classes.ts has the rarer ones. */
import { textOf } from '../../util/show.ts';
import { Arguments } from '../arguments.ts';
import { needed, type Variants } from '../needed.ts';
import type { Network } from '../network.ts';
import { cifarResnet } from './cifar.ts';
import { resnetCifar, resnetFamily, resnetV1c, resnetV1d } from './resnet.ts';
import { resnext, seresnet, seresnext } from './resnext.ts';

const mmpretrain: Record<string, (a: Arguments) => Network> = {
  ResNet: resnetFamily(false),
  ResNetV1c: resnetV1c,
  ResNetV1d: resnetV1d(false),
  ResNet_CIFAR: resnetCifar,
  ResNeXt: resnext(false),
  SEResNet: seresnet,
  SEResNeXt: seresnext,
  CifarResNet: cifarResnet,
};

const mmdet: Record<string, (a: Arguments) => Network> = {
  ResNet: resnetFamily(true),
  ResNetV1d: resnetV1d(true),
  ResNeXt: resnext(true),
};

/** From a backbone's configuration, `{ type: 'mmdet.ResNet', depth: 50, … }`. `where` names the place in errors. */
export function parseBackbone(config: Readonly<Record<string, unknown>>, where?: string, variants?: Variants): Network {
  const type = textOf(config.type);
  const [, scope, name = type] = /^(mmpretrain|mmcls|mmdet)\.(.*)$/.exec(type) ?? [];
  // Classes that only MMDetection has work without its scope.
  const find = (of: Pick<Variants['variantClasses'], 'mmpretrain' | 'mmdet'>) =>
    scope === 'mmdet' ? own(of.mmdet, name) : (own(of.mmpretrain, name) ?? (scope ? undefined : own(of.mmdet, name)));
  const common = find({ mmpretrain, mmdet });
  const others = common ? undefined : needed(variants);
  const family = common ?? (others && (own(others.variantClasses.own, type) ?? find(others.variantClasses)));
  if (!family) throw needed(others).unknownClass(type, where, { mmpretrain, mmdet });
  const a = new Arguments(where ?? type, config, variants);
  const network = family(a);
  a.done();
  return network;
}

/** Ignores inherited properties such as `constructor`. */
function own<Value>(table: Record<string, Value>, name: string): Value | undefined {
  return Object.hasOwn(table, name) ? table[name] : undefined;
}
