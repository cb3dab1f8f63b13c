/** What there is to know of a network when its checkpoint is open. Fetched beside the checkpoint. */

import type { LoadOptions, Preprocess } from '../api/types.ts';
import type { Arch, ResolvedArch } from '../arch/index.ts';
import type { Along } from '../checkpoint/along.ts';
import { alongWeights } from '../checkpoint/lazy.ts';
import type { OpenedWeights } from '../checkpoint/open.ts';
import type { Checkpoint } from '../checkpoint/types.ts';
import { understand } from '../checkpoint/understand.ts';
import type { Understood } from '../checkpoint/understood.ts';
import * as lazy from '../lazy.ts';
import type { LocatedSource } from './locate.ts';
import type { LoadReport } from './model.ts';
import { atTest, type PreparedNetwork, prepareNetwork } from './prepared-network.ts';
import { preprocessOf } from './preprocess.ts';

/** The next stage, which is fetched with this one. */
export { bindTensors } from './tensors.ts';

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
 * @param guess what was clear before
 * @throws ResnetError `usage`, `config`, `ambiguous-arch`, `checkpoint-keys`, and what `resolveArch` throws
 */
export async function resolveNetwork(
  located: LocatedSource,
  opened: OpenedWeights | undefined,
  guess: PreparedNetwork | undefined,
  options: LoadOptions,
): Promise<ResolvedNetwork> {
  const { source } = located;
  const { archSpec, view, ...understood } = await identify(located, opened?.checkpoint, guess?.arch);
  const arch = understood.arch === guess?.arch ? guess.arch : atTest(understood.arch, located);
  const brought = opened && (await broughtAlong(opened.checkpoint, arch, located));
  const preprocess = await preprocessOf(arch, located, brought?.preprocess);
  const labels = (await checkedLabels(source.labels, arch)) ?? brought?.labels;
  const network = arch === guess?.arch && !brought?.inputSize ? guess : await prepareNetwork(arch, located, options, brought?.inputSize);
  return { ...network, preprocess, labels, report: reportOf(arch, located, understood, brought), archSpec, view };
}

async function identify(
  { source }: LocatedSource,
  checkpoint: Checkpoint | undefined,
  guess: ResolvedArch | undefined,
): Promise<Understood> {
  if (checkpoint) return understand(checkpoint, source, guess);
  if (!guess || source.arch === undefined) throw (await lazy.wrongArguments()).archMissing();
  return { arch: guess, archSpec: source.arch, assumed: [], source: { found: '', others: [], renamed: false, head: '', ignored: [] } };
}

/**
 * What the file itself says of classes and images, where no repository or converted model does; what the caller says goes before. Most
 * files say nothing: then only a guessed network has something to say, that its preprocessing is a guess, too.
 */
async function broughtAlong(checkpoint: Checkpoint, arch: ResolvedArch, { source, card }: LocatedSource): Promise<Along | undefined> {
  const guessed = source.arch === undefined;
  if (card?.preprocess || (!guessed && Object.keys(checkpoint.metadata).every((key) => key === 'format'))) return undefined;
  const { along, pixelEntries } = await alongWeights();
  const brought = along(checkpoint, arch, guessed, await pixelEntries(checkpoint, arch.inputChannels));
  const own = { labels: source.labels, preprocess: source.preprocess };
  return { ...brought, said: brought.said.filter(({ what }) => own[what as keyof typeof own] === undefined) };
}

/** One logit may have the names of both answers. */
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
