/** Whether an architecture matches a checkpoint: blocks, widths, names, shapes, and modules' attributes. */
import { type Arch, parseNetwork } from '../arch/index.ts';
import { buildNetwork } from '../arch/network.ts';
import * as variants from '../arch/variants.ts';
import { ResnetError } from '../util/errors.ts';
import { contradicts } from './contradiction.ts';
import { type Match, matchCheckpoint } from './match.ts';
import type { Outline } from './outline.ts';
import type { Checkpoint } from './types.ts';

export function fits(
  arch: Arch,
  checkpoint: Checkpoint,
  { blocks, out, inChannels }: Pick<Outline, 'blocks' | 'out' | 'inChannels'>,
  strictly = true,
): Match | undefined {
  try {
    const network = parseNetwork(arch, { keys: checkpoint.tensors, variants });
    // Most candidates already fail here, at no cost.
    if (network.stages.map((stage) => `${stage.blocks} x ${stage.out}`).join() !== blocks.map((count, i) => `${count} x ${out[i]}`).join())
      return undefined;
    const graph = buildNetwork(network, [1, inChannels, 224, 224]);
    const match = matchCheckpoint(graph, checkpoint, strictly);
    return match.problems.length || contradicts(graph, match, checkpoint) ? undefined : match;
  } catch (error) {
    if (error instanceof ResnetError) return undefined;
    throw error;
  }
}
