/** From a trunk's layers to a configuration that builds it. What leaves no trace is assumed to be as usual. assume.ts lists it. */
import type { GeneralConfig } from '../arch/config.ts';
import { type Block, unitsOf } from './blocks.ts';
import type { TreeReading } from './read-tree.ts';
import type { Trunk } from './trunk.ts';

type Stem = NonNullable<GeneralConfig['stem']>;
export type General = GeneralConfig & { stem: Required<Omit<Stem, 'activated'>> & Pick<Stem, 'activated'> };

export function structureOf({ trunk, norms, biased }: Pick<TreeReading, 'trunk' | 'norms' | 'biased'>, bare: boolean): General | undefined {
  const { stages } = trunk;
  const firsts = stages.flatMap(([block]) => block ?? []);
  const isBasic = firsts.every(({ main }) => main.length === 2);
  const kinds = new Set(firsts.map(({ middle }) => JSON.stringify(middle)));
  const even = stages.every((stage) =>
    stage.every(
      ({ mid, first, groups, attention, shortcut }, i) =>
        mid === stage[0]?.mid &&
        first === stage[0]?.first &&
        groups === stage[0]?.groups &&
        attention.length === stage[0]?.attention.length &&
        squeezed(stage[i]) === squeezed(stage[Math.min(i, 1)]) &&
        (i === 0 || !shortcut),
    ),
  );
  if (!even || !firsts.length || kinds.size > 1) return undefined;
  const gates = new Set(firsts.map(({ attention }) => attention.length));
  if (gates.size > 1) return undefined;
  const stemConvs = trunk.stem.map(({ conv }) => conv);
  const kernel = stemConvs[0]?.shape[2] ?? 7;
  const small = stemConvs.length === 1 && kernel === 3;
  // RegNets halve the image in the stem and in every stage, and have no pooling. No other network has bottlenecks of full inner width.
  const regnet = small && !isBasic && !firsts[0]?.middle && firsts.every(({ mid, out, shortcut }) => mid === out && shortcut);
  const all = firsts.map((_, i) => i);
  const grouped = firsts.some(({ groups }) => groups > 1);
  const normConfig = normOf(norms, trunk);
  const middle = middleOf(firsts);
  return {
    type: 'GeneralResNet',
    in_channels: stemConvs[0]?.shape[1] ?? 3,
    stem: {
      channels: stemConvs.map(({ shape }) => shape[0] ?? 0),
      kernel,
      stride: small && !regnet ? 1 : 2,
      ...(trunk.pool
        ? { pool: 'conv' }
        : modulesBetween(trunk) === 0
          ? { pool: 'none', activated: false }
          : { pool: small ? 'none' : 'max' }),
    },
    block: isBasic ? 'BasicBlock' : 'Bottleneck',
    layers: stages.map(({ length }) => length),
    channels: firsts.map(({ out }) => out),
    ...(firsts.some(({ first, mid }) => first !== mid) && { first_channels: firsts.map(({ first }) => first) }),
    mid_channels: firsts.map(({ mid }) => mid),
    ...(grouped && { groups: firsts.map(({ groups }) => groups) }),
    // Without a projection, equal widths mean that nothing changes.
    strides: firsts.map(({ shortcut, inChannels, out }, i) => ((i > 0 || regnet) && (shortcut || inChannels !== out) ? 2 : 1)),
    projected: firsts.map(({ shortcut }) => shortcut !== undefined),
    ...(isAveraged(trunk) && { avg_down: true }),
    ...(gates.has(2) && { attention: gateOf(stages, regnet) }),
    ...(gates.has(1) && { attention: { type: 'ECA' as const } }),
    ...(middle && { middle }),
    ...(normConfig && { norm_cfg: normConfig }),
    ...(biased && { conv_bias: true }),
    out_indices: bare ? all : [all.length - 1],
  };
}

const squeezed = (block: Block | undefined) => block?.attention[0]?.shape[0] ?? 0;

/**
 * If the middle of a block is as wide as its end, shapes do not tell which of them has the gate. RegNets have it in the middle. In other
 * networks the order of the layers tells.
 */
function gateOf(stages: readonly (readonly Block[])[], regnet: boolean): NonNullable<General['attention']> {
  const firsts = stages.flatMap(([block]) => block ?? []);
  const ofFirst = firsts.map(squeezed);
  const channels = stages.map((stage) => squeezed(stage[1] ?? stage[0]));
  const isInside =
    regnet || firsts.every(({ mid, out, attention: [gate], main }) => mid === out && (gate?.order ?? 0) < (main[2]?.conv.order ?? 0));
  return {
    type: 'SE',
    channels,
    ...(ofFirst.join() !== channels.join() && { first_channels: ofFirst }),
    ...(isInside && { place: 'middle' as const }),
  };
}

function middleOf(firsts: readonly Block[]): General['middle'] {
  const [first] = firsts;
  if (first?.middle?.type === 'Res2') return first.middle;
  // Of the attention's first layer, which is the last of the further convolutions.
  return first?.middle && { ...first.middle, channels: firsts.map(({ inner }) => inner.at(-1)?.conv.shape[0] ?? 0) };
}

/** ResNet-D's pooling is the first layer of a Sequential and has no tensors. So the convolution, or the module around it, has number 1. */
export function isAveraged({ stages }: Trunk): boolean {
  return stages.some(([block]) => {
    const { conv, norm } = block?.shortcut ?? {};
    const number = (layer: typeof conv) => layer?.tokens.slice(block?.path.length).findLast((token) => /^\d+$/.test(token));
    const after = norm && number(norm);
    return number(conv) === '1' && (norm === undefined || after === '2' || (after === '1' && conv?.tokens.at(-1) !== '1'));
  });
}

/** Whether a shortcut's layers are 0 and 1, or 1 and 2, of a Sequential. Then it is known whether something comes before them. */
export function isShortcutNumbered({ stages }: Trunk): boolean {
  return stages.every(([block]) => {
    const { conv, norm } = block?.shortcut ?? {};
    const [a, b] = [conv?.tokens.at(-1), norm?.tokens.at(-1)];
    return !conv || (a !== undefined && /^[01]$/.test(a) && (!norm || Number(b) === Number(a) + 1));
  });
}

/** Number of modules in a Sequential between the stem's last norm and the blocks, if names have numbers. */
function modulesBetween({ stem, stages }: Trunk): number | undefined {
  const norm = stem.at(-1)?.norm?.path.split('.') ?? [];
  const block = stages[0]?.[0]?.main[0]?.conv.path.split('.') ?? [];
  const at = norm.length - 1;
  const [from = '', to = ''] = [norm[at], block[at]];
  const isBeside = norm.slice(0, at).join('.') === block.slice(0, at).join('.') && block.length > at + 2;
  return isBeside && /^\d+$/.test(from) && /^\d+$/.test(to) ? Number(to) - Number(from) - 1 : undefined;
}

const GROUPS = 32;

function normOf(norms: TreeReading['norms'], trunk: Trunk): General['norm_cfg'] | undefined {
  if (norms === 'none') return { type: 'IN', affine: false };
  if (norms !== 'affine') return undefined;
  return widthsOf(trunk).every((width) => width % GROUPS === 0) ? { type: 'GN', num_groups: GROUPS } : { type: 'IN', affine: true };
}

/** Widths of all norms. */
export function widthsOf({ stem, pool, stages }: Trunk): number[] {
  const units = [...stem, ...(pool ? [pool] : []), ...stages.flat().flatMap(unitsOf)];
  return [...new Set(units.map(({ conv }) => conv.shape[0] ?? 1))];
}
