/** The error for a checkpoint that fits no architecture: what it is if known, otherwise what comes nearest and what does not fit. */
import { type Arch, parseNetwork } from '../arch/index.ts';
import { buildNetwork } from '../arch/network.ts';
import * as variants from '../arch/variants.ts';
import { ResnetError } from '../util/errors.ts';
import { candidates } from './candidates.ts';
import { matchCheckpoint, type Problem } from './match.ts';
import { otherNetwork } from './other-networks.ts';
import { describe, type Outline, outline } from './outline.ts';
import type { Checkpoint } from './types.ts';

/** Number of keys that are named. The others are counted. */
const NAMED = 6;

/** Entries that Adam, SGD and similar optimizers keep for each parameter. */
const OPTIMIZER = /(^|\.)(exp_avg(_sq)?|max_exp_avg_sq|momentum_buffer|square_avg)$/;

/** The error for a checkpoint without `arch` that no architecture fits. */
export function unknownNetwork(checkpoint: Checkpoint): ResnetError {
  const { tensors } = checkpoint;
  const other = otherNetwork(tensors);
  if (other) {
    return ambiguous(
      `This is ${other}; resnet-webgpu runs the ResNet family.`,
      'Pass a checkpoint of a ResNet, ResNeXt, SE-ResNet, ResNeSt, Res2Net or RegNet.',
    );
  }
  const names = [...tensors.keys()];
  if (names.length > 0 && names.every((name) => OPTIMIZER.test(name) || name.endsWith('step'))) {
    return ambiguous('This is the state of an optimizer, not of a network.', 'Save the weights: torch.save(model.state_dict(), path).');
  }
  const seen = outline(tensors);
  const nearest = seen.blocks.length ? nearestOf(checkpoint, seen) : undefined;
  if (nearest) {
    const { arch, problems } = nearest;
    return ambiguous(
      `The checkpoint fits no architecture that its keys would tell: ${describe(seen)}. It is nearest to ${nameOf(arch)}, but ${listed(problems)}.`,
      'Pass arch: a name, or the configuration that it was trained with; rename helps where only names differ.',
    );
  }
  const what = seen.blocks.length
    ? `The checkpoint fits no architecture that its keys would tell: ${describe(seen)}.`
    : 'The checkpoint contains no residual network that is understood.';
  // Also in dicts that were not taken for a state dict.
  const all = tensors.size < (checkpoint.tree?.size ?? 0) ? (checkpoint.tree ?? tensors) : tensors;
  const some = named([...all].map(([name, { shape }]) => `${name} (${size(shape)})`));
  return ambiguous(
    `${what} Its tensors: ${some}.`,
    'Pass arch and, where its names are unusual, rename; `npx resnet-webgpu inspect` lists every tensor.',
  );
}

function ambiguous(what: string, hint: string): ResnetError {
  return new ResnetError('ambiguous-arch', what, { layer: 'weights', hint });
}

function nearestOf(checkpoint: Checkpoint, seen: Outline): { arch: Arch; problems: Problem[] } | undefined {
  let nearest: { arch: Arch; problems: Problem[] } | undefined;
  for (const arch of candidates(seen)) {
    try {
      const network = parseNetwork(arch, { keys: checkpoint.tensors, variants });
      const { problems, found } = matchCheckpoint(buildNetwork(network, [1, seen.inChannels, 224, 224]), checkpoint, true);
      if (problems.length < Math.min(found.length, nearest?.problems.length ?? Infinity)) nearest = { arch, problems };
    } catch (error) {
      if (!(error instanceof ResnetError)) throw error;
    }
  }
  return nearest;
}

function listed(problems: readonly Problem[]): string {
  const texts = problems.map(({ kind, name, shape, wanted }) => {
    if (kind === 'missing') return `${name} (${size(wanted)}) is missing`;
    return kind === 'unexpected' ? `${name} (${size(shape)}) has no place in it` : `${name} is ${size(shape)}, not ${size(wanted)}`;
  });
  return named(texts);
}

function named(texts: readonly string[]): string {
  const more = texts.length - NAMED;
  return texts.slice(0, NAMED).join(', ') + (more > 0 ? ` and ${more} more` : '');
}

function size(shape: readonly number[] = []): string {
  return shape.join('x') || 'scalar';
}

function nameOf(arch: Arch): string {
  return typeof arch === 'string' ? arch : JSON.stringify(arch);
}
