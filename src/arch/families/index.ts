/** OpenMMLab's class names. A new family is one file and a line here. */
import { ResnetError } from '../../util/errors.ts';
import { textOf } from '../../util/show.ts';
import { Arguments } from '../arguments.ts';
import { needed, type Rare } from '../needed.ts';
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
  ResNeSt: (a) => needed(a.rare).resnest(false)(a),
  Res2Net: (a) => needed(a.rare).res2net(false)(a),
  RegNet: (a) => needed(a.rare).regnet(false)(a),
  CifarResNet: cifarResnet,
};

const mmdet: Record<string, (a: Arguments) => Network> = {
  ResNet: resnetFamily(true),
  ResNetV1d: resnetV1d(true),
  ResNeXt: resnext(true),
  ResNeSt: (a) => needed(a.rare).resnest(true)(a),
  Res2Net: (a) => needed(a.rare).res2net(true)(a),
  RegNet: (a) => needed(a.rare).regnet(true)(a),
  TridentResNet: (a) => needed(a.rare).trident(a),
  DetectoRS_ResNet: (a) => needed(a.rare).detectors(false)(a),
  DetectoRS_ResNeXt: (a) => needed(a.rare).detectors(true)(a),
};

/** From a backbone's configuration, `{ type: 'mmdet.ResNet', depth: 50, … }`. `where` names it in errors. */
export function parseBackbone(config: Readonly<Record<string, unknown>>, where?: string, rare?: Rare): Network {
  const type = textOf(config.type);
  const [, scope, name = type] = /^(mmpretrain|mmcls|mmdet)\.(.*)$/.exec(type) ?? [];
  // Classes that only MMDetection has need no scope.
  const openmmlab = scope === 'mmdet' ? own(mmdet, name) : (own(mmpretrain, name) ?? (scope ? undefined : own(mmdet, name)));
  const family = type === 'GeneralResNet' ? needed(rare).generalResnet : openmmlab;
  if (!family) {
    const known = [...Object.keys(mmpretrain), ...Object.keys(mmdet).map((one) => `mmdet.${one}`)];
    throw new ResnetError('config', `'${type}' is no backbone of the family.`, {
      layer: where ?? 'type',
      hint: `Use ${known.join(', ')}.`,
    });
  }
  const a = new Arguments(where ?? type, config, rare);
  const network = family(a);
  a.done();
  return network;
}

/** Not what every object has, such as `constructor`. */
function own<Value>(table: Record<string, Value>, name: string): Value | undefined {
  return Object.hasOwn(table, name) ? table[name] : undefined;
}
