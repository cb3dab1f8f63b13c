/** The rarer classes of OpenMMLab, a part of variants.ts. A new family is one file and a line here. */
import { ResnetError } from '../../util/errors.ts';
import type { Classes } from '../needed.ts';
import { detectors } from './detectors.ts';
import { generalResnet } from './general.ts';
import { regnet } from './regnet.ts';
import { res2net } from './res2net.ts';
import { resnest } from './resnest.ts';
import { trident } from './trident.ts';

/**
 * Grouped by the library that has the class. Configurations use the class names of `mmpretrain` and of this library as they are
 * (`type: 'Res2Net'`). Class names of `mmdet` have a prefix (`type: 'mmdet.Res2Net'`), which is optional if mmpretrain has no such class.
 */
export const variantClasses: Readonly<Record<'mmpretrain' | 'mmdet' | 'own', Classes>> = {
  mmpretrain: {
    ResNeSt: resnest(false),
    Res2Net: res2net(false),
    RegNet: regnet(false),
  },
  mmdet: {
    ResNeSt: resnest(true),
    Res2Net: res2net(true),
    RegNet: regnet(true),
    TridentResNet: trident,
    DetectoRS_ResNet: detectors(false),
    DetectoRS_ResNeXt: detectors(true),
  },
  // Not in OpenMMLab. Checkpoints of arbitrary widths are loaded as GeneralResNet.
  own: { GeneralResNet: generalResnet },
};

/** @param common the classes of the core, which are not listed here */
export function unknownClass(type: string, where = 'type', common: Readonly<Record<'mmpretrain' | 'mmdet', Classes>>): ResnetError {
  const { mmpretrain, mmdet, own } = variantClasses;
  const known = Object.keys({ ...common.mmpretrain, ...mmpretrain, ...own });
  const scoped = Object.keys({ ...common.mmdet, ...mmdet }).map((one) => `mmdet.${one}`);
  const hint = `Use ${[...known, ...scoped].join(', ')}.`;
  return new ResnetError('config', `'${type}' is not a backbone of the family.`, { layer: where, hint });
}
