/** How logits become scores, and whether somebody said so. */

import type { Assumption } from '../api/types.ts';
import { ResnetError } from '../util/errors.ts';
import { textOf } from '../util/show.ts';

/** How logits become probabilities; `none`: they are that already. */
export type Scores = 'softmax' | 'sigmoid' | 'none';

const SCORES: readonly unknown[] = ['softmax', 'sigmoid', 'none'];

/**
 * What the caller wants goes before what the head's configuration says. Nothing says it for one logit where the head is an
 * ordinary one: its softmax is 1 whatever the image, so that only the sigmoid (PyTorch's BCEWithLogitsLoss) can be meant.
 *
 * @param head what its configuration or its layers say; `softmax` also where they say nothing
 * @throws ResnetError `usage` for scores of another name
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
