/** Names of architectures: torchvision's, timm's (with or without tag), MMPretrain's, and cifar_resnet20 and similar. */
import { ResnetError } from '../util/errors.ts';
import { distance } from '../util/spelling.ts';
import type { BackboneConfig, ClassifierConfig, LibraryConfig } from './config.ts';
import { torchvisionEntrypoint } from './libraries/torchvision.ts';
import { mmpretrainConfig, mmpretrainNames } from './mmpretrain-names.ts';
import { needed, type Parts, timmOf } from './needed.ts';

/** The meaning of a name, before the number of classes and the recipe. */
export interface NamedArch {
  config: BackboneConfig | ClassifierConfig | LibraryConfig;
  source: 'torchvision' | 'timm' | 'mmpretrain' | 'cifar';
  /** Name without tag. */
  base: string;
  /** timm's tag (`a1_in1k`), torchvision's weights (`imagenet1k_v2`), or the rest of an MMPretrain name (`8xb32_in1k`). */
  tag?: string;
  /** Classes of the published checkpoints, if not 1000. */
  classes?: number;
}

const torchvisionNames =
  'resnet{18,34,50,101,152},resnext50_32x4d,resnext101_{32x8d,64x4d},wide_resnet{50,101}_2,' +
  'regnet_x_{400mf,800mf,1_6gf,3_2gf,8gf,16gf,32gf},regnet_y_{400mf,800mf,1_6gf,3_2gf,8gf,16gf,32gf,128gf}';

const timmNames =
  'resnet{10t,14t,18,18d,26,26d,26t,34,34d,50,50c,50d,50s,50t,50_gn,101,101c,101d,101s,152,152c,152d,152s,200,200d},wide_resnet{50,101}_2,' +
  'resnext{50_32x4d,50d_32x4d,101_32x4d,101_32x8d,101_32x16d,101_32x32d,101_64x4d},test_resnet,senet154,' +
  'ecaresnet{26t,50d,50d_pruned,50t,101d,101d_pruned,200d,269d},ecaresnetlight,ecaresnext{26t,50t}_32x4d,' +
  'seresnet{18,34,50,50t,101,152,152d,200d,269d},seresnext{26d_32x4d,26t_32x4d,50_32x4d,101_32x4d,101_32x8d,101d_32x8d,101_64x4d},' +
  'resnetblur{18,50,50d,101d},resnetaa{34d,50,50d,101d},seresnetaa50d,seresnextaa{101d,201d}_32x8d,resnetrs{50,101,152,200,270,350,420},' +
  'resnest{14d,26d,50d,50d_1s4x24d,50d_4s2x40d,101e,200e,269e},res2net{50_14w_8s,50_26w_4s,50_26w_6s,50_26w_8s,50_48w_2s,50d,101_26w_4s,101d},res2next50,' +
  'regnetx_{002,004,004_tv,006,008,016,032,040,064,080,120,160,320},regnety_{002,004,006,008,008_tv,016,032,040,040_sgn,064,080,080_tv,120,160,320,640,1280,2560},regnetv_{040,064},regnetz_{005,040,040_h},' +
  'legacy_senet154,legacy_seresnet{18,34,50,101,152},legacy_seresnext{26,50,101}_32x4d,' +
  'resnetv2_{18,18d,34,34d,50,50d,50t,50d_gn,50d_evos,50d_frn,101,101d,152,152d},resnetv2_{50x1,50x3,101x1,101x3,152x2,152x4}_bit,' +
  'skresnet{18,34,50,50d},skresnext50_32x4d';

const cifarNames = 'cifar_resnet{20,32,44,56,110}';

function expand(list: string): string[] {
  return list.split(/,(?![^{]*\})/).flatMap((item) => {
    const [, before = '', inner, after = ''] = /^(.*)\{(.*)\}(.*)$/.exec(item) ?? [];
    return inner === undefined ? [item] : inner.split(',').map((part) => before + part + after);
  });
}

/**
 * Every name that `arch` takes, without timm's tags. Does not throw.
 * @example
 * ```ts
 * import { archNames } from 'resnet-webgpu';
 *
 * console.log(archNames().filter((name) => name.startsWith('regnety_')));
 * ```
 */
export function archNames(): string[] {
  return [...new Set([torchvisionNames, timmNames, mmpretrainNames, cifarNames].flatMap(expand))];
}

/** @throws ResnetError `unknown-arch` with the nearest names. */
export function namedArch(name: string): NamedArch {
  // The longest name has 50 characters. The search for similar ones takes time that grows with the length.
  if (name.length > 200)
    throw new ResnetError('unknown-arch', `A name of ${name.length} characters is not an architecture's.`, {
      layer: 'arch',
      hint: "Give a name such as 'resnet50'.",
    });
  const found = knownName(name) ?? respelled(name);
  if (found) return found;
  const wanted = plain(name);
  const near = archNames()
    .map((one): [number, string] => [distance(wanted, plain(one)), one])
    .sort(([a], [b]) => a - b)
    .slice(0, 3)
    .map(([, one]) => one);
  throw new ResnetError('unknown-arch', `No architecture is called '${name}'.`, {
    layer: 'arch',
    hint: name.includes('/') ? `For a repository of the Hub leave arch out: loadModel('hf:${name}').` : `Did you mean ${near.join(', ')}?`,
  });
}

/** Returns undefined for other names, without searching for similar ones. */
export function knownName(name: string): NamedArch | undefined {
  return cifar(name) ?? torchvision(name) ?? timm(name) ?? mmpretrain(name);
}

/** Compares letters and digits only: `ResNet-50`, `resnet_50`, `Wide-ResNet50-2`. If several libraries match, the first one counts. */
function respelled(name: string): NamedArch | undefined {
  const [, library = '', base = '', tag = ''] = /^(timm\/)?([^.]*)(\..*)?$/i.exec(name) ?? [];
  const known = archNames().find((one) => spelling(one) === spelling(base));
  return known ? knownName(library.toLowerCase() + known + tag) : undefined;
}

/** Ignores case and separators between words. Separators between digits stay: regnet_x_1_6gf is not regnet_x_16gf. */
export function spelling(name: string): string {
  return name
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, '_')
    .replace(/(?<!\d)_|_(?!\d)/g, '');
}

function cifar(name: string): NamedArch | undefined {
  const [, depth] = /^cifar_?resnet_?(\d+)$/.exec(name) ?? [];
  if (!depth || Number(depth) % 6 !== 2) return undefined;
  return { config: { type: 'CifarResNet', depth: Number(depth) }, source: 'cifar', base: name, classes: 10 };
}

/** Also accepts `ResNet50_Weights.IMAGENET1K_V2`. */
function torchvision(name: string): NamedArch | undefined {
  const [, cased = name, member] = /^(\w+)_Weights\.(\w+)$/.exec(name) ?? [];
  const base = member ? cased.toLowerCase() : cased;
  if (!torchvisionEntrypoint(base)) return undefined;
  return { config: { library: 'torchvision', entrypoint: base }, source: 'torchvision', base, tag: member?.toLowerCase() };
}

/** Prefixes of timm's names from before it had tags. */
const origins: Record<string, string> = {
  tv: 'tv_in1k',
  gluon: 'gluon_in1k',
  ssl: 'fb_ssl_yfcc100m_ft_in1k',
  swsl: 'fb_swsl_ig1b_ft_in1k',
  ig: 'fb_wsl_ig1b_ft_in1k',
};

function timm(name: string): NamedArch | undefined {
  const [, origin, former = ''] = /^(tv|gluon|ssl|swsl|ig)_(\w+)$/.exec(name) ?? [];
  const current = origin ? `${former.replace(/_v1b?([cds]?)$/, '$1')}.${origins[origin]}` : name;
  const [, base = '', tag] = /^(?:timm\/)?(\w+)(?:\.(\w+))?$/.exec(current) ?? [];
  if (!base || !expand(timmNames).includes(base)) return undefined;
  return { config: { library: 'timm', entrypoint: base }, source: 'timm', base, tag };
}

function mmpretrain(name: string): NamedArch | undefined {
  const found = mmpretrainConfig(name);
  return found && { source: 'mmpretrain', ...found };
}

/** Whether timm has a network of this family with this name. */
export function isTimmName(name: string): boolean {
  return timm(name) !== undefined;
}

/** The arguments that a library's model function sets. */
export function entrypoint(library: 'timm' | 'torchvision', name: string, parts: Parts = {}): Readonly<Record<string, unknown>> {
  const known = library === 'timm' ? timm(name)?.base : undefined;
  const found = known
    ? (timmOf(parts).timmEntrypoint(known) ?? needed(parts.variants).v2OrSkEntrypoint(known))
    : torchvisionEntrypoint(name);
  if (found) return found;
  const names = expand(library === 'timm' ? timmNames : torchvisionNames);
  const near = names.sort((a, b) => distance(name, a) - distance(name, b)).slice(0, 3);
  throw new ResnetError('unknown-arch', `${library} has no '${name}' in this family.`, {
    layer: 'entrypoint',
    hint: `Did you mean ${near.join(', ')}?`,
  });
}

function plain(name: string): string {
  return name.toLowerCase().replace(/[^a-z0-9]/g, '');
}
