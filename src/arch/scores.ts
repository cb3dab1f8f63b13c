/** How logits become scores, and whether that was assumed. */

import type { Assumption } from '../api/types.ts';
import { ResnetError } from '../util/errors.ts';
import { textOf } from '../util/show.ts';

/** How logits become probabilities. `none` means that they already are probabilities. */
export type Scores = 'softmax' | 'sigmoid' | 'none';

const SCORES: readonly unknown[] = ['softmax', 'sigmoid', 'none'];

/**
 * The caller's wish takes precedence over the head's configuration. An ordinary head with one logit is a special case. Softmax
 * would give 1 for every image, so only the sigmoid (PyTorch's BCEWithLogitsLoss) can be meant.
 *
 * @param head from its configuration or its layers. `softmax` if they say nothing
 * @throws ResnetError `usage` for an unknown kind of scores
 */
export function chooseScores(
  head: Scores,
  classes: number | undefined,
  wanted: Scores | undefined,
): { scores: Scores; assumed: Assumption[] } {
  if (wanted !== undefined && !SCORES.includes(wanted)) {
    const hint = "Pass 'softmax', 'sigmoid' or 'none'.";
    throw new ResnetError('usage', `'${textOf(wanted)}' is not a way to score.`, { layer: 'scores', hint });
  }
  if (wanted !== undefined) return { scores: wanted, assumed: [] };
  if (classes !== 1 || head !== 'softmax') return { scores: head, assumed: [] };
  const why =
    'The head gives one number. Its softmax is 1 for every image; its sigmoid is the probability of the class that was trained as 1.';
  return { scores: 'sigmoid', assumed: [{ what: 'scores', value: 'sigmoid', why, alternatives: [{ value: 'none' }] }] };
}
