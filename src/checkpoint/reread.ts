/**
 * Reads a checkpoint whose architecture was not given, or whose names are not those of the given architecture. It guesses, or uses the
 * given architecture with what the tree reader finds. Fetched for such checkpoints.
 */

import type { SourceInfo } from '../api/types.ts';
import type { ClassifierConfig } from '../arch/config.ts';
import { buildGraph } from '../arch/graph.ts';
import type { Arch } from '../arch/index.ts';
import { resolveArch } from '../arch/index.ts';
import type { Graph } from '../graph/types.ts';
import { ResnetError } from '../util/errors.ts';
import { assumedOfChoice } from './choices.ts';
import { guessArch } from './guess.ts';
import { headTensors } from './head-reader.ts';
import { matchCheckpoint, matchWhole } from './match.ts';
import { ownCard } from './own-card.ts';
import { readTree } from './read-tree.ts';
import { strip } from './strip.ts';
import type { Checkpoint } from './types.ts';
import type { Understood, Wanted } from './understood.ts';
import { sameWindows } from './windows.ts';

/** @throws ResnetError `ambiguous-arch`, `checkpoint-keys` */
export async function guessed(checkpoint: Checkpoint, { numClasses, head, scores }: Wanted): Promise<Understood> {
  const card = head === undefined ? ownCard(checkpoint.metadata) : undefined;
  if (card) {
    const arch = await resolveArch(card.arch, { numClasses: card.numClasses, scores, keys: checkpoint.tensors });
    const source = { found: '', others: [], renamed: false, head: `Linear, ${card.numClasses} classes`, ignored: [] };
    if (matchWhole(arch, checkpoint)) return { arch, archSpec: card.arch, assumed: [], source };
  }
  const { arch, assumed, source, whole, checkpoint: bound } = guessArch(checkpoint, { head });
  const resolved = await resolveArch(arch, { numClasses, scores, keys: bound.tensors });
  return {
    arch: resolved,
    archSpec: arch,
    assumed,
    source,
    ...(whole && { warnings: [`The file holds ${whole}; its backbone was loaded${source.found && `, ${source.found}`}.`] }),
    ...(bound !== checkpoint && { view: (file) => guessArch(file, { head }).checkpoint }),
  };
}

/** Undefined if the architecture does not match what is found, either. */
export async function reread(arch: Arch, { numClasses, scores, head }: Wanted, checkpoint: Checkpoint): Promise<Understood | undefined> {
  for (const view of [treeView, bareView, insideView]) {
    const seen = view(checkpoint);
    if (!seen) continue;
    const resolved = await resolveArch(arch, { numClasses, scores, keys: seen.checkpoint.tensors });
    // The remaining tensors may be a head. They are only dropped if no head is wanted.
    if (view === insideView && (resolved.classes !== undefined || resolved.headless)) continue;
    const graph = resolved.build([1, resolved.inputChannels, ...resolved.inputSize]);
    const { problems, ignoredKeys } = matchCheckpoint(graph, seen.fit(graph, arch), true);
    // If the head of a named network was not found, the result would be a bare backbone, which nobody asked for.
    if (problems.length || (resolved.headless && seen.problem)) continue;
    const source = {
      ...seen.source,
      head: resolved.classes === undefined ? 'none' : seen.source.head,
      ignored: [...seen.source.ignored, ...ignoredKeys],
    };
    const assumed = assumedOfChoice(checkpoint, arch, head);
    return {
      arch: resolved,
      archSpec: arch,
      assumed,
      source,
      warnings: assumed.length ? [] : doubts(checkpoint, graph, resolved.name),
      view: (file) => view(file)?.fit(graph, arch) ?? file,
    };
  }
  return undefined;
}

/** If names suggest another network with the same shapes (MONAI's, whose stem keeps the size), it runs as requested, with a warning. */
function doubts(checkpoint: Checkpoint, graph: Graph, name: string): string[] {
  try {
    const { arch, evidence } = guessArch(checkpoint, { head: 'none' });
    const [input] = graph.nodes;
    if (evidence === undefined || !input) return [];
    const other = buildGraph(arch, input.shape);
    if (sameWindows(other, graph)) return [];
    return [`${evidence} ${name}, which was asked for, strides or pools otherwise: leave arch out to follow the names.`];
  } catch (error) {
    if (error instanceof ResnetError) return [];
    throw error;
  }
}

interface Seen {
  checkpoint: Checkpoint;
  /** With the head's tensors under the names that this architecture's graph gives them. */
  fit(graph: Graph, arch: Arch): Checkpoint;
  source: SourceInfo;
  problem?: string;
}

type View = (checkpoint: Checkpoint) => Seen | undefined;

const treeView: View = (file) => {
  const reading = readTree(file);
  if (!reading) return undefined;
  const { checkpoint, found, others, head, ignored } = reading;
  const fit = (graph: Graph, arch: Arch) => {
    const from = typeof arch === 'object' && 'head' in arch ? (arch as ClassifierConfig).head?.from : undefined;
    const own = headTensors(head, graph, typeof from === 'string' ? from : undefined);
    return own.size
      ? { ...checkpoint, tensors: new Map([...[...checkpoint.tensors].filter(([key]) => !head.tensors.has(key)), ...own]) }
      : checkpoint;
  };
  return { checkpoint, fit, source: { found, others, renamed: true, head: head.text, ignored }, problem: head.problem };
};

const bareView: View = (file) => {
  const { checkpoint, found = '', others = [] } = strip(file) ?? {};
  return checkpoint && { checkpoint, fit: () => checkpoint, source: { found, others, renamed: false, head: '', ignored: [] } };
};

/** For a backbone inside something larger. */
const insideView: View = (file) => {
  const stripped = strip(file);
  if (!stripped) return undefined;
  const { checkpoint, found, others, inside } = stripped;
  const ignored = [...checkpoint.tensors.keys()].filter((name) => !inside.has(name));
  const backbone = { ...checkpoint, tensors: new Map(inside) };
  return { checkpoint: backbone, fit: () => backbone, source: { found, others, renamed: false, head: 'none', ignored } };
};
