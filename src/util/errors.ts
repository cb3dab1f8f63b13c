/**
 * Every error that the library throws on purpose.
 *
 * The message reads `[where] what happened (with numbers). What to do.`; `code` is stable across versions,
 * the wording is not. The texts are snapshot-tested and listed in docs/errors.md.
 */

import { printable } from './show.ts';

/** Stable reasons; a new failure gets a new code, an old code never changes its meaning. */
export type ErrorCode =
  | 'config' // an architecture setting that the reference implementation refuses, too
  | 'unsupported' // a valid setting that this version cannot run
  | 'unknown-arch'
  | 'ambiguous-arch' // no `arch` given and the keys fit no architecture, or several
  | 'shape' // an input tensor that the network cannot take
  | 'checkpoint-format' // bytes of no known format, or a malformed one
  | 'checkpoint-truncated'
  | 'checkpoint-unsafe' // a pickle that wants to run code
  | 'checkpoint-keys' // missing, unexpected or mis-shaped tensors
  | 'integrity' // bytes that differ from the recorded hash or length
  | 'network'
  | 'aborted'
  | 'webgpu-missing'
  | 'adapter-missing'
  | 'device-limits'
  | 'device-lost'
  | 'out-of-memory'
  | 'shader' // a kernel that the driver refuses
  | 'f16-overflow'
  | 'not-finite' // logits that are NaN or infinite, so that no class is most probable
  | 'image'
  | 'disposed'
  | 'usage'; // a call that cannot be answered for this model

export interface ErrorDetails {
  /** Layer path (`layer3.0.conv2`), file name or argument that the error is about. */
  layer?: string;
  /** What to do about it: one imperative sentence. */
  hint: string;
  /** `ambiguous-arch`: architectures to choose from, each to be passed as `arch`. */
  candidates?: object[];
  cause?: unknown;
}

export class ResnetError extends Error {
  readonly code: ErrorCode;
  readonly layer?: string;
  readonly hint: string;
  readonly candidates?: object[];

  constructor(code: ErrorCode, what: string, { layer, hint, candidates, cause }: ErrorDetails) {
    super(printable(`${layer === undefined ? '' : `[${layer}] `}${what} ${hint}`), cause === undefined ? undefined : { cause });
    // An aborted call is recognised by its name everywhere on the web platform.
    this.name = code === 'aborted' ? 'AbortError' : 'ResnetError';
    this.code = code;
    if (layer !== undefined) this.layer = layer;
    this.hint = hint;
    if (candidates !== undefined) this.candidates = candidates;
  }
}

/** Throws an `aborted` error if the signal has fired. */
export function throwIfAborted(signal: AbortSignal | undefined): void {
  if (signal?.aborted) {
    throw new ResnetError('aborted', 'The call was aborted.', { hint: 'Call again to retry.', cause: signal.reason });
  }
}

/** Of a call to a model that is no more. */
export function disposed(): ResnetError {
  return new ResnetError('disposed', 'The model was disposed.', { hint: 'Load it again.' });
}
