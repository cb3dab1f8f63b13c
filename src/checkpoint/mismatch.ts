/** The message for a checkpoint that does not fit a network. Loaded when one does not. */

import type { Shape } from '../graph/types.ts';
import { ResnetError } from '../util/errors.ts';
import { guessArch } from './guess.ts';
import type { Match, Problem } from './match.ts';
import type { Checkpoint } from './types.ts';

/** Lines in the message. The error's cause has all of them. */
const LISTED = 40;

/** @param found what fits */
export function mismatch(checkpoint: Checkpoint, arch: string, problems: Problem[], found: Match['found']): ResnetError {
  // Shapes say more than names about what is wrong.
  const order = ['mis-shaped', 'missing', 'unexpected'];
  const sorted = [...problems].sort((a, b) => order.indexOf(a.kind) - order.indexOf(b.kind));
  const [first] = sorted;
  const counts = order.map((kind) => [problems.filter((one) => one.kind === kind).length, kind] as const).filter(([count]) => count);
  const byLayer = new Map<string, string[]>();
  for (const problem of sorted) {
    const label = `${problem.kind} [${problem.layer}]`;
    byLayer.set(label, [...(byLayer.get(label) ?? []), brief(problem)]);
  }
  const lines = [...byLayer].map(([label, list]) => `\n  ${label} ${list.join(', ')}`);
  if (lines.length > LISTED) lines.splice(LISTED, Infinity, `\n  and in ${lines.length - LISTED} more layers`);
  const list =
    problems.length > 1 ? `\nIn all ${counts.map(([count, kind]) => `${count} ${kind}`).join(', ')}:${lines.join('')}` : undefined;
  return new ResnetError('checkpoint-keys', first ? sentence(first) : '', {
    layer: first?.layer,
    hint: remedy(checkpoint, arch, problems, found),
    list,
    cause: problems,
  });
}

function sentence({ kind, parameter, shape, wanted, name }: Problem): string {
  if (kind === 'mis-shaped') return `${parameter} is ${size(shape)}, the architecture needs ${size(wanted)}.`;
  return kind === 'missing'
    ? `${parameter} (${size(wanted)}) is missing; the checkpoint has no '${name}'.`
    : `'${name}' (${size(shape)}) is unexpected.`;
}

function brief({ kind, parameter, shape, wanted }: Problem): string {
  return `${parameter} ${kind === 'mis-shaped' ? `${size(shape)} for ${size(wanted)}` : size(shape ?? wanted)}`;
}

function size(shape: Shape = []): string {
  return shape.join('x') || 'scalar';
}

function remedy(checkpoint: Checkpoint, arch: string, problems: Problem[], found: Match['found']): string {
  try {
    const guess = guessArch(checkpoint).arch;
    const text = typeof guess === 'string' ? `'${guess}'` : JSON.stringify(guess);
    if (guess !== arch) return `Is this a ${family(guess)} checkpoint? Pass arch: ${text}.`;
    const classes = problems.find(({ layer, kind }) => layer.startsWith('head') && kind === 'mis-shaped')?.shape?.[0];
    if (classes !== undefined) return `Pass numClasses: ${classes}.`;
  } catch {
    // Then there is nothing to suggest.
  }
  if (problems.every(({ kind }) => kind === 'unexpected')) {
    // Without a layer's bias or gate, the network would compute something else, and nobody would notice.
    const inside = partsOf(checkpoint, found);
    if (!problems.some(({ name }) => inside(name))) return 'Pass strict: false to ignore what the network has no use for.';
    return 'It is among the layers of the network, which would be another one without it: pass the arch that it was trained with.';
  }
  return 'Pass the arch and numClasses that the checkpoint was trained with, or another file.';
}

/** Tells whether a tensor is under one of the parts that contain the network's own: `layer1` for `layer1.0.se.fc1.weight`. */
function partsOf({ tensors }: Checkpoint, found: Match['found']): (name: string) => boolean {
  const own = new Set(found.map(({ tensor }) => tensor));
  const paths = [...tensors].flatMap(([name, tensor]) => (own.has(tensor) ? [name.split('.')] : []));
  const [first = []] = paths;
  const common = first.findIndex((part, i) => paths.some((path) => path.length <= i + 2 || path[i] !== part));
  const parts = new Set(paths.map((path) => path.slice(0, common + 1).join('.')));
  return (name) =>
    parts.has(
      name
        .split('.')
        .slice(0, common + 1)
        .join('.'),
    );
}

/** `resnext` for resnext50_32x4d. */
function family(guess: string | object): string {
  if (typeof guess === 'string') return /^[a-z]+(?:_[a-z]+)*/i.exec(guess)?.[0] ?? guess;
  return String('backbone' in guess ? (guess.backbone as { type: string }).type : 'type' in guess ? guess.type : 'different');
}
