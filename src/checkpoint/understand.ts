/** Finds the network of a checkpoint. */

import { type ResolvedArch, resolveArch } from '../arch/index.ts';
import * as lazy from './lazy.ts';
import { matchWhole } from './match.ts';
import type { Checkpoint } from './types.ts';
import type { Understood, Wanted } from './understood.ts';

/**
 * Uses the given architecture, or the checkpoint's names and shapes. If something does not fit, binding will report it.
 * @param guess the architecture as far as its name tells. Used unchanged if the checkpoint matches it exactly
 * @throws ResnetError `ambiguous-arch`, `checkpoint-keys`, and the errors of `resolveArch`
 */
export async function understand(checkpoint: Checkpoint, wanted: Wanted & { strict?: boolean }, guess?: ResolvedArch): Promise<Understood> {
  const { arch: archSpec, numClasses, scores, strict } = wanted;
  if (archSpec === undefined) return (await lazy.rereading()).guessed(checkpoint, wanted);
  // The keys may tell classes, shortcuts and a missing head. If every tensor of the guess fits, they tell nothing new.
  const exact = guess && matchWhole(guess, checkpoint);
  const arch = exact ? guess : await resolveArch(archSpec, { numClasses, scores, keys: checkpoint.tensors });
  const match = exact ?? matchWhole(arch, checkpoint, strict);
  if (!match || isChoice(archSpec)) {
    const found = await (await lazy.rereading()).reread(archSpec, wanted, checkpoint);
    if (found) return found;
  }
  const source = { found: '', others: [], renamed: false, head: '', ignored: match?.ignoredKeys ?? [] };
  return { arch, archSpec, assumed: [], source };
}

/** Whether `arch` has the form of an alternative in `info.assumed`. Then the file's other open questions should be listed, too. */
function isChoice(arch: unknown): boolean {
  const { type, backbone } = arch as { type?: unknown; backbone?: { type?: unknown } };
  return (backbone?.type ?? type) === 'GeneralResNet';
}
