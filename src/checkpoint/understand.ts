/** Which network a checkpoint is of. */

import { type ResolvedArch, resolveArch } from '../arch/index.ts';
import * as lazy from './lazy.ts';
import { matchWhole } from './match.ts';
import type { Checkpoint } from './types.ts';
import type { Understood, Wanted } from './understood.ts';

/**
 * A checkpoint by the architecture given, or by its own names and shapes. What does not fit is left for binding to say.
 * @param guess what the architecture resolves to as far as its name tells; taken as it is where the checkpoint is exactly that
 * @throws ResnetError `ambiguous-arch`, `checkpoint-keys`, and what `resolveArch` throws
 */
export async function understand(checkpoint: Checkpoint, wanted: Wanted & { strict?: boolean }, guess?: ResolvedArch): Promise<Understood> {
  const { arch: given, numClasses, scores, strict } = wanted;
  if (given === undefined) return (await lazy.rereading()).guessed(checkpoint, wanted);
  // The keys may tell classes, shortcuts and a missing head; where the guess fits to the last tensor, they tell nothing new.
  const exact = guess && matchWhole(guess, checkpoint);
  const arch = exact ? guess : await resolveArch(given, { numClasses, scores, keys: checkpoint.tensors });
  const match = exact ?? matchWhole(arch, checkpoint, strict);
  if (!match || isChoice(given)) {
    const found = await (await lazy.rereading()).reread(given, wanted, checkpoint);
    if (found) return found;
  }
  const source = { found: '', others: [], renamed: false, head: '', ignored: match?.ignoredKeys ?? [] };
  return { arch, given, assumed: [], source };
}

/** Whether this is how `info.assumed` writes an alternative: then what else the file leaves open is worth a look. */
function isChoice(arch: unknown): boolean {
  const { type, backbone } = arch as { type?: unknown; backbone?: { type?: unknown } };
  return (backbone?.type ?? type) === 'GeneralResNet';
}
