/**
 * Rare parts of the architectures are separate files: rare kinds of layers (variants.ts), and timm's classes
 * (libraries/timm-part.ts). Asynchronous callers fetch them when they are needed.
 */
import { ResnetError } from '../util/errors.ts';
import type { Arguments } from './arguments.ts';
import type { BottleneckOptions } from './blocks/bottleneck.ts';
import type { Insert } from './blocks/insert.ts';
import type { SelectiveBlockOptions } from './blocks/selective-kernel.ts';
import type { ClassifierHead, Neck } from './head-parts.ts';
import type { ConvSetting } from './layers.ts';
import type { Network } from './network.ts';
import type { Block } from './place.ts';

// Only the signatures, because these modules import this file.

/** libraries/timm-part.ts */
export interface Timm {
  timmNetwork(a: Arguments, variants?: Variants): Network;
  timmEntrypoint(name: string): Readonly<Record<string, unknown>> | undefined;
}

/** By `type` of a configuration. */
export type Classes = Readonly<Record<string, (a: Arguments) => Network>>;

/** variants.ts */
export interface Variants extends Timm {
  attentionModule(a: Arguments): Insert;
  selectiveBlock(options: SelectiveBlockOptions): Block;
  parseConv(a: Arguments | undefined, allowed?: string[]): ConvSetting;
  variantClasses: Readonly<Record<'mmpretrain' | 'mmdet' | 'own', Classes>>;
  unknownClass(type: string, where: string | undefined, common: Readonly<Record<'mmpretrain' | 'mmdet', Classes>>): ResnetError;
  bit(a: Arguments): Pick<Network, 'stem' | 'stages' | 'structure' | 'conv' | 'tail' | 'activation'>;
  v2OrSkEntrypoint(name: string): Readonly<Record<string, unknown>> | undefined;
  resnetV2(a: Arguments): Pick<Network, 'stem' | 'stages' | 'structure' | 'conv' | 'tail' | 'activation'>;
  transformersNetwork(a: Arguments, variants?: Variants): Network;
  parsePlugins(a: Arguments, stages: number): (stage: number) => Pick<BottleneckOptions, 'after1' | 'after2' | 'after3'>;
  parseSequential(h: Arguments, neck: Neck, numClasses?: number): ClassifierHead;
  parsePooling(a: Arguments, type: 'GlobalMaxPooling' | 'ConcatPooling'): Neck;
}

export interface Parts {
  variants?: Variants;
  timm?: Timm;
}

/** Says that an architecture needs a part. The caller fetches it and starts again. */
export class PartNeeded extends ResnetError {
  readonly part: keyof Parts;

  constructor(part: keyof Parts) {
    super('config', 'needs parts of the architectures that were not passed.', {
      layer: 'arch',
      hint: 'This is a bug in the library; please report it.',
    });
    this.part = part;
  }
}

/** @param part unknown, because Arguments passes it on without knowing its type @throws PartNeeded */
export function needed(part: object | undefined): Variants {
  if (!part) throw new PartNeeded('variants');
  return part as Variants;
}

/** @throws PartNeeded */
export function timmOf({ timm, variants }: Parts): Timm {
  const part = timm ?? variants;
  if (!part) throw new PartNeeded('timm');
  return part;
}
