/** Finds out what the network is once its checkpoint is open. Fetched while the checkpoint downloads. */

import type { LoadOptions, Preprocess } from '../api/types.ts';
import type { Arch, ResolvedArch } from '../arch/index.ts';
import type { Along } from '../checkpoint/along.ts';
import { alongWeights } from '../checkpoint/lazy.ts';
import type { OpenedWeights } from '../checkpoint/opened-weights.ts';
import type { Checkpoint } from '../checkpoint/types.ts';
import { understand } from '../checkpoint/understand.ts';
import type { Understood } from '../checkpoint/understood.ts';
import * as lazy from '../lazy.ts';
import type { LocatedSource } from './locate.ts';
import type { LoadReport } from './model.ts';
import { atTest, type PreparedNetwork, prepareNetwork } from './prepared-network.ts';
import { preprocessOf } from './preprocess.ts';

export interface ResolvedNetwork extends PreparedNetwork {
  preprocess: Preprocess;
  /** What the caller, the repository or the checkpoint calls the classes. */
  labels: string[] | undefined;
  report: LoadReport;
  /** The name or configuration that `arch` was resolved from. */
  archSpec: Arch;
  view: Understood['view'];
}

/**
 * @param opened absent for random weights
 * @param early the network that `arch` alone gave, if there was one
 * @throws ResnetError `usage`, `config`, `ambiguous-arch`, `checkpoint-keys`, and what `resolveArch` throws
 */
export async function resolveNetwork(
  located: LocatedSource,
  opened: OpenedWeights | undefined,
  early: PreparedNetwork | undefined,
  options: LoadOptions,
): Promise<ResolvedNetwork> {
  const { source } = located;
  const { archSpec, view, ...understood } = await identify(located, opened?.checkpoint, early?.arch);
  const arch = understood.arch === early?.arch ? early.arch : atTest(understood.arch, located);
  const brought = opened && (await broughtAlong(opened.checkpoint, arch, located));
  const preprocess = await preprocessOf(arch, located, brought?.preprocess);
  const labels = (await checkedLabels(source.labels, arch)) ?? brought?.labels;
  const network = arch === early?.arch && !brought?.inputSize ? early : await prepareNetwork(arch, located, options, brought?.inputSize);
  return { ...network, preprocess, labels, report: reportOf(arch, located, understood, brought), archSpec, view };
}

async function identify(
  { source }: LocatedSource,
  checkpoint: Checkpoint | undefined,
  early: ResolvedArch | undefined,
): Promise<Understood> {
  if (checkpoint) return understand(checkpoint, source, early);
  if (!early || source.arch === undefined) throw (await lazy.wrongArguments()).archMissing();
  return { arch: early, archSpec: source.arch, assumed: [], source: { found: '', others: [], renamed: false, head: '', ignored: [] } };
}

/**
 * What the file says about classes and images. A card with preprocessing takes precedence over all of it, the caller over each part. Most
 * files say nothing. Then there is something to say only of a guessed network: that its preprocessing is a guess, too.
 */
async function broughtAlong(checkpoint: Checkpoint, arch: ResolvedArch, { source, card }: LocatedSource): Promise<Along | undefined> {
  const guessed = source.arch === undefined;
  if (card?.preprocess || (!guessed && Object.keys(checkpoint.metadata).every((key) => key === 'format'))) return undefined;
  const { along, pixelEntries } = await alongWeights();
  const brought = along(checkpoint, arch, guessed, await pixelEntries(checkpoint, arch.inputChannels));
  const own = { labels: source.labels, preprocess: source.preprocess };
  return { ...brought, said: brought.said.filter(({ what }) => own[what as keyof typeof own] === undefined) };
}

/** A network with one logit may have two labels. */
async function checkedLabels(labels: string[] | undefined, { classes, scores }: ResolvedArch): Promise<string[] | undefined> {
  const listed = !labels || (Array.isArray(labels) && labels.every((label) => typeof label === 'string'));
  const both = classes === 1 && scores === 'sigmoid' && labels?.length === 2;
  if (listed && (!labels || labels.length === (classes ?? labels.length) || both)) return labels;
  throw (await lazy.wrongArguments()).wrongLabels(listed ? labels : undefined, classes);
}

/** Its warnings are those of the source, which grow while the weights are on their way, and when they are read again. */
function reportOf(
  arch: ResolvedArch,
  { source: { preprocess }, card, warnings }: LocatedSource,
  { assumed, source, warnings: more = [] }: Pick<Understood, 'assumed' | 'source' | 'warnings'>,
  brought?: Along,
): LoadReport {
  if (arch.headless) warnings.push(`The weights have no head, so ${arch.name} is a backbone here: it gives features and no logits.`);
  if (preprocess === 'test' && !arch.test && !card?.isForTest)
    warnings.push(`${arch.name} has no special recipe for testing; its usual one is used.`);
  warnings.push(...more);
  return { assumed: [...assumed, ...arch.assumed, ...(brought?.said ?? [])], warnings, source };
}
