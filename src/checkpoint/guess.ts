/**
 * Finds the network of a checkpoint from names and shapes alone. Published networks with the file's names and shapes come first,
 * then the trunk and the head that the tree reader finds. Properties that leave no trace in a state dict are assumed to be the usual
 * ones, or what hints suggest, and are listed.
 */

import type { Assumption, SourceInfo } from '../api/types.ts';
import type { BackboneConfig, ClassifierConfig, LibraryConfig } from '../arch/config.ts';
import { type Arch, parseNetwork } from '../arch/index.ts';
import { buildNetwork } from '../arch/network.ts';
import * as variants from '../arch/variants.ts';
import { ResnetError } from '../util/errors.ts';
import { otherNorms } from './alternatives.ts';
import { assumptions, type Complete, hinted, inOrder } from './assume.ts';
import { candidates, openmmlab } from './candidates.ts';
import { fits } from './fits.ts';
import { known } from './known.ts';
import { leftOut } from './left-out.ts';
import { libraryFamily } from './library-families.ts';
import { type Outline, outline } from './outline.ts';
import { readTree, type TreeReading } from './read-tree.ts';
import type { HeadConfig, HeadReading } from './reading.ts';
import { saidNames } from './said-names.ts';
import { asClassifier, type Said, SETTLED, saidNetwork, sayArch } from './said-network.ts';
import { strip } from './strip.ts';
import { type General, isAveraged, structureOf } from './structure.ts';
import type { Checkpoint } from './types.ts';
import { unknownNetwork } from './unknown-network.ts';
import { readHeadOutside, wholeOf } from './wholes.ts';
import { sameWindows } from './windows.ts';

export interface Guess {
  arch: Arch;
  /** To be bound instead of the file's own tensors: the same tensors under names that the architecture knows. */
  checkpoint: Checkpoint;
  assumed: Assumption[];
  /** The alternatives of `assumed` differ from this in one place each. Present if `arch` is a name or another form of it. */
  base?: Arch;
  source: SourceInfo;
  /** What the file contains if the network is only a part of it: 'a Faster R-CNN'. */
  whole?: string;
  /** What in the names suggests this network instead of another with the same shapes. */
  evidence?: string;
}

export interface GuessOptions {
  head?: 'none';
  /** Kind of norms without statistics, if the caller knows it. */
  norm?: unknown;
}

/** @throws ResnetError `ambiguous-arch` that says what was seen, with `candidates` if there are any */
export function guessArch(checkpoint: Checkpoint, { head, norm }: GuessOptions = {}): Guess {
  const family = asLibraryFamily(checkpoint, head);
  const guess = family && !family.source.ignored.length ? family : (asCommon(checkpoint, head, norm) ?? family);
  if (!guess) throw unknownNetwork(checkpoint);
  const whole = wholeOf((checkpoint.tree ?? checkpoint.tensors).keys())?.of;
  return { ...guess, assumed: inOrder(guess.assumed), ...(whole && { whole }) };
}

function asCommon(checkpoint: Checkpoint, head: 'none' | undefined, norm: unknown): Guess | undefined {
  const reading = readTree(checkpoint);
  const said = reading && saidNetwork(reading, head);
  return (
    (said && asRead(reading, head, said)) ??
    asItIs(checkpoint, reading, head) ??
    (reading && asRead(reading, head, undefined, norm)) ??
    stripped(checkpoint, head)
  );
}

function fail(
  code: 'ambiguous-arch' | 'checkpoint-keys',
  what: string,
  more: { hint?: string; candidates?: ResnetError['candidates'] } = {},
): never {
  const hint = more.hint ?? 'Pass arch: a name, or the configuration that it was trained with.';
  throw new ResnetError(code, what, { layer: 'weights', ...more, hint });
}

/** Networks whose blocks have their own names. */
function asLibraryFamily(file: Checkpoint, wanted: 'none' | undefined): Guess | undefined {
  const family = libraryFamily(file.tensors);
  if (!family) return undefined;
  const { prefix, own, outside, seen, archs, assumed } = family;
  const renamed = [...own.keys()].some((key) => !file.tensors.has(prefix + key));
  const checkpoint = prefix || renamed ? { ...file, tensors: own, tree: undefined } : file;
  for (const arch of archs) {
    const bare = wanted === 'none' ? headless(arch) : arch;
    const match = fits(bare, checkpoint, seen);
    if (!match) continue;
    const head = wanted === 'none' || seen.classes === undefined ? 'none' : `Linear ${seen.out.at(-1)} > ${seen.classes}`;
    const source = { found: prefix.replace(/\.$/, ''), others: [], renamed, head, ignored: [...match.ignoredKeys, ...outside] };
    return { arch: bare, checkpoint, assumed: assumed(bare), source };
  }
  return undefined;
}

function headless(arch: Arch): Arch {
  if (typeof arch === 'string') return { library: 'timm', entrypoint: arch, num_classes: 0 };
  return { ...(arch as LibraryConfig), ...('num_labels' in arch ? { num_labels: 0 } : { num_classes: 0 }) };
}

/** Under the names that it has. Tensors that the network does not use must not be a head. */
function asItIs(checkpoint: Checkpoint, reading: TreeReading | undefined, wanted: 'none' | undefined): Guess | undefined {
  if (reading?.others.length) return undefined;
  const seen = outline(checkpoint.tensors);
  const structure = reading && structureOf(reading, false);
  if (structure && reading && unusual(structure, reading)) return undefined;
  for (const arch of [...saidNames(checkpoint).map(({ name, bare }) => (seen.classes === undefined ? bare : name)), ...candidates(seen)]) {
    const match = fits(arch, checkpoint, seen);
    if (!match) continue;
    const ignored = new Map(match.ignoredKeys.flatMap((key) => [[key, checkpoint.tensors.get(key)] as const]).filter(isPresent));
    const bare = !hasHead(arch);
    const { metadata, modules } = checkpoint;
    const head =
      bare && wanted !== 'none'
        ? (reading?.head ?? readHeadOutside({ width: seen.out.at(-1) ?? 0, trunk: '', tensors: ignored, modules, metadata }))
        : undefined;
    const withHead = (config: HeadConfig): ClassifierConfig => ({
      type: 'ImageClassifier',
      backbone: { ...(arch as BackboneConfig), out_indices: [seen.blocks.length - 1] },
      ...config,
    });
    if (head?.problem) refuseHead(head, withHead);
    if (head?.config && reading && structure) return undefined;
    if (head?.config) {
      const used = new Set(head.used);
      return {
        arch: withHead(head.config),
        checkpoint: { ...checkpoint, tensors: new Map([...[...checkpoint.tensors].filter(([key]) => !ignored.has(key)), ...head.tensors]) },
        assumed: headAssumptions(head, withHead),
        source: { found: '', others: [], renamed: false, head: head.text, ignored: [...ignored.keys()].filter((key) => !used.has(key)) },
      };
    }
    const source: SourceInfo = {
      found: reading?.found ?? '',
      others: reading?.others ?? [],
      renamed: false,
      head: bare ? (head?.text ?? 'none') : (reading?.head.text ?? ''),
      ignored: match.ignoredKeys,
    };
    return {
      arch,
      ...(reading && structure && { base: completing(bare ? NO_HEAD : reading.head)(known(structure, reading).config) }),
      checkpoint,
      source,
      evidence: `The names are those of ${nameOf(arch)}.`,
      assumed: [
        ...(reading && structure ? besides(assumedOf(structure, reading, bare ? undefined : reading.head), arch, structure, seen) : []),
        ...(head ? headAssumptions(head, withHead) : []),
        ...(seen.attention?.kind === 'eca' ? [ZERO_PADDED] : []),
      ],
    };
  }
  return undefined;
}

/** timm's ceca has the same tensors as eca. */
const ZERO_PADDED: Assumption = {
  what: 'attention',
  value: 'eca: zeros beyond the first and the last channel',
  why: 'Whether the channels go round leaves no trace; no published network has them so.',
  alternatives: [],
};

const HEAD_HINT = "Pass head: 'none' to load the backbone alone, or arch with the head's configuration.";

const isPresent = <T>(entry: readonly [string, T | undefined]): entry is readonly [string, T] => entry[1] !== undefined;

/** @param arch makes the arch with a given head */
function refuseHead({ problem = '', candidates: heads = [] }: HeadReading, arch: (head: HeadConfig) => ReturnType<Complete>): never {
  const hint = heads.length
    ? "Pass head: 'none' to load the backbone alone, or arch: one of the candidates that this error has."
    : HEAD_HINT;
  fail('checkpoint-keys', sentence(problem), { hint, ...(heads.length && { candidates: heads.map(arch) }) });
}

function nameOf(arch: Arch): string {
  if (typeof arch === 'string') return arch;
  const { entrypoint, type, backbone } = arch as { entrypoint?: string; type?: string; backbone?: { type: string } };
  return `${entrypoint ?? backbone?.type ?? type}`;
}

function hasHead(arch: Arch): boolean {
  return parseNetwork(arch, { variants }).head !== undefined;
}

function sentence(text: string): string {
  return `${text.slice(0, 1).toUpperCase()}${text.slice(1)}${/[.!?]$/.test(text) ? '' : '.'}`;
}

/** From the tree reader: a published network under other names, or a network of any widths. */
function asRead(reading: TreeReading, wanted: 'none' | undefined, said?: Said, norm?: unknown): Guess | undefined {
  const head = wanted === 'none' ? NO_HEAD : reading.head;
  const structure = structureOf(reading, head.config === undefined);
  if (!structure) return undefined;
  const decided = reading.norms === 'affine' && norm !== undefined;
  if (decided) structure.norm_cfg = norm as General['norm_cfg'];
  if (head.problem) refuseHead(head, (config) => completing({ ...head, config })(structure));
  const { checkpoint, found, others, paths, ignored } = reading;
  const complete = completing(head);
  const facts = known(structure, reading);
  if (!decided && !facts.known.has('norm') && undecided(structure, reading)) {
    const taken = [structure.norm_cfg, ...otherNorms(structure, reading).map(([, { norm_cfg }]) => norm_cfg)];
    fail('ambiguous-arch', 'The norms have no statistics: they are group norms, instance norms, or batch norms that do not keep them.', {
      hint: 'Pass arch: one of the candidates that this error has.',
      candidates: taken.map((norm_cfg) => complete({ ...structure, norm_cfg })),
    });
  }
  const outside = new Map(reading.ignored.flatMap((path) => [[path, tensorAt(reading, path)] as const]).filter(isPresent));
  const taken = said?.config ?? facts.config;
  const { config, why } = hinted(taken, reading, outside);
  const seen = { ...outline(checkpoint.tensors), names: 'plain' as const, avgDown: isAveraged(reading.trunk), classes: head.classes };
  const simple = head.config?.head?.type === 'LinearClsHead' && head.tensors.has('head.fc.bias');
  const usual = JSON.stringify(config) === JSON.stringify(structure);
  let arch: Arch | undefined;
  if (said && JSON.stringify(config) === JSON.stringify(taken))
    arch = head.config && !simple ? asClassifier(said.bare, head.config) : said.arch;
  // A published network is never only a stem.
  const isPlain = structure.stem.activated !== false;
  if (usual && !arch && isPlain && (simple || !head.config)) arch = named(reading, seen, complete(config));
  if (usual && !arch && isPlain && !simple) {
    const backbone = openmmlab(seen);
    const whole = backbone && { type: 'ImageClassifier' as const, backbone, ...head.config };
    if (whole && fits(whole, checkpoint, seen)) arch = whole;
  }
  arch ??= complete(config);
  const match = fits(arch, checkpoint, seen, false);
  if (!match) return undefined;
  const unused = leftOut(reading, ignored, head.config !== undefined);
  const renamed = [...paths].some(([name, path]) => (found ? `${found}.${name}` : name) !== path);
  const settled = said ? new Set([...facts.known, ...SETTLED.filter((what) => !(what in why))]) : facts.known;
  const assumed = besides(assumptions(config, reading, complete, settled), arch, complete(config), seen);
  if (said) assumed.push(sayArch(said, complete(structure)));
  for (const one of assumed) one.why = why[one.what] ?? one.why;
  return {
    arch,
    base: complete(config),
    checkpoint,
    assumed: [
      ...unused,
      ...(reading.splits > 1 ? [splitNorms(reading.splits)] : []),
      ...assumed,
      ...headAssumptions(head, (other) => completing({ ...head, config: other })(config)),
    ],
    source: { found, others, renamed, head: head.text, ignored },
    ...((said || Object.keys(why).length > 0) && {
      evidence: [...(said ? [`The file says ${said.name} (${said.where}).`] : []), ...Object.values(why)].join(' '),
    }),
  };
}

/**
 * A published network that computes the same as the configuration, or whose names the file uses under a prefix: timm's legacy networks
 * and SENet have the same shapes as others, but other strides.
 */
function named({ checkpoint, found, all }: TreeReading, seen: Outline, config: Arch): Arch | undefined {
  const prefix = found && `${found}.`;
  const own = [...all].flatMap(([path, tensor]) => (path.startsWith(prefix) ? [[path.slice(prefix.length), tensor] as const] : []));
  const asWritten: Checkpoint = { ...checkpoint, scheme: 'unknown', tensors: new Map(own), tree: undefined };
  for (const arch of candidates(seen)) {
    if (!fits(arch, checkpoint, seen)) continue;
    if (sameWindows(graphOf(arch, seen), graphOf(config, seen)) || fits(arch, asWritten, seen)) return arch;
  }
  return undefined;
}

const graphOf = (arch: Arch, { inChannels }: Outline) => buildNetwork(parseNetwork(arch, { variants }), [1, inChannels, 224, 224]);

/** If names show that a network has other strides and pooling, only the other assumptions are true. */
function besides(assumed: Assumption[], arch: Arch, config: Arch, seen: Outline): Assumption[] {
  const isOwn = !sameWindows(graphOf(arch, seen), graphOf(config, seen));
  return isOwn ? assumed.filter(({ what }) => !['style', 'stem', 'aa_layer', 'avg_down'].includes(what)) : assumed;
}

const splitNorms = (parts: number): Assumption => ({
  what: 'split norms',
  value: `the means of ${parts} parts`,
  why: `The norms have statistics of ${parts} parts of a batch. SplitBatchNorm takes their mean when training ends, but the first where weights are loaded later.`,
  alternatives: [],
});

const NO_HEAD: HeadReading = { tensors: new Map(), used: [], text: 'none', assumed: [] };

function assumedOf(structure: General, reading: TreeReading, head: HeadReading | undefined): Assumption[] {
  const { config, known: facts } = known(structure, reading);
  return assumptions(config, reading, completing(head ?? NO_HEAD), facts);
}

/** @param arch makes the arch with another head */
function headAssumptions({ assumed }: HeadReading, arch: (head: HeadConfig) => ReturnType<Complete>): Assumption[] {
  return assumed.map((one) => ({
    ...one,
    alternatives: one.alternatives.map(({ value, config: other }) => ({
      value,
      ...(other && { arch: arch(other) }),
    })),
  }));
}

function completing({ config }: HeadReading): Complete {
  return (backbone): BackboneConfig | ClassifierConfig => {
    if (!config) return { ...backbone, out_indices: backbone.layers.map((_, i) => i) };
    return { type: 'ImageClassifier', backbone: { ...backbone, out_indices: [backbone.layers.length - 1] }, ...config };
  };
}

/** Norms without statistics in a network of unusual widths: their kind is unknown. */
function undecided({ norm_cfg }: General, { norms }: TreeReading): boolean {
  return norms === 'affine' && norm_cfg?.type !== 'GN';
}

/** Whether modules, the file's name or neighbouring tensors say that something is unusual. */
function unusual(structure: General, reading: TreeReading): boolean {
  const outside = new Map(reading.ignored.flatMap((path) => [[path, tensorAt(reading, path)] as const]).filter(isPresent));
  const { config } = known(structure, reading);
  return JSON.stringify(hinted(config, reading, outside).config) !== JSON.stringify(structure);
}

function tensorAt({ all }: TreeReading, path: string) {
  return all.get(path);
}

/** Families with other blocks, under a prefix. */
function stripped(checkpoint: Checkpoint, head: 'none' | undefined): Guess | undefined {
  const { found, others, checkpoint: bare } = strip(checkpoint) ?? {};
  const guess = bare && asItIs(bare, undefined, head);
  return guess && { ...guess, source: { ...guess.source, found: found ?? '', others: others ?? [] } };
}
