/** OpenMMLab's class names that few ask for, a part of variants.ts. A new family is one file and a line here. */
import type { Arguments } from '../arguments.ts';
import type { Network } from '../network.ts';
import { detectors } from './detectors.ts';
import { generalResnet } from './general.ts';
import { regnet } from './regnet.ts';
import { res2net } from './res2net.ts';
import { resnest } from './resnest.ts';
import { trident } from './trident.ts';

export const variantClasses: Record<'mmpretrain' | 'mmdet' | 'own', Record<string, (a: Arguments) => Network>> = {
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
  // Ours: what a checkpoint of any widths is loaded as.
  own: { GeneralResNet: generalResnet },
};
