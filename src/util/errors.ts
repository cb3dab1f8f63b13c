/**
 * Every error that the library throws on purpose.
 *
 * The message reads `[where] what happened (with numbers). What to do.`; `code` is stable across versions,
 * the wording is not. The texts are snapshot-tested and listed in docs/errors.md.
 */

import { printable } from './show.ts';

/**
 * Stable reasons; a new failure gets a new code, an old code never changes its meaning. docs/errors.md says what to do about each.
 *
 * - `config`: an architecture setting that the reference implementation refuses, too
 * - `unsupported`: a valid setting that this version cannot run
 * - `unknown-arch`: no architecture of that name
 * - `ambiguous-arch`: no `arch` given, and the keys fit no architecture, or several
 * - `shape`: an input tensor that the network cannot take
 * - `checkpoint-format`: bytes of no known format, or a malformed file
 * - `checkpoint-truncated`: the file ends too early
 * - `checkpoint-unsafe`: a pickle that wants to run code; nothing was executed
 * - `checkpoint-keys`: missing, unexpected or mis-shaped tensors
 * - `integrity`: bytes that differ from the recorded hash or length
 * - `network`: a download failed
 * - `aborted`: the signal fired; `name` is `AbortError`
 * - `webgpu-missing`: no `navigator.gpu`
 * - `adapter-missing`: WebGPU, but no adapter
 * - `device-limits`: the device's limits are too small
 * - `device-lost`: the device was lost and could not be replaced
 * - `out-of-memory`: the GPU has no memory left
 * - `shader`: a kernel that the driver refuses
 * - `f16-overflow`: a value beyond what f16 holds
 * - `not-finite`: logits that are NaN or infinite, so that no class is the most probable
 * - `image`: an image that does not decode, is not loaded yet, or is too large
 * - `disposed`: the model was disposed
 * - `usage`: a call that cannot be answered for this model
 */
export type ErrorCode =
  | 'config'
  | 'unsupported'
  | 'unknown-arch'
  | 'ambiguous-arch'
  | 'shape'
  | 'checkpoint-format'
  | 'checkpoint-truncated'
  | 'checkpoint-unsafe'
  | 'checkpoint-keys'
  | 'integrity'
  | 'network'
  | 'aborted'
  | 'webgpu-missing'
  | 'adapter-missing'
  | 'device-limits'
  | 'device-lost'
  | 'out-of-memory'
  | 'shader'
  | 'f16-overflow'
  | 'not-finite'
  | 'image'
  | 'disposed'
  | 'usage';

/** What an error says besides its code and what happened. */
export interface ErrorDetails {
  /** Layer path (`layer3.0.conv2`), file name or argument that the error is about. */
  layer?: string;
  /** What to do about it: one imperative sentence. */
  hint: string;
  /** `ambiguous-arch`: architectures to choose from, each to be passed as `arch`. */
  candidates?: object[];
  /** The error underneath. */
  cause?: unknown;
}

/**
 * Every error that the library throws on purpose. The message reads `[where] what happened (with numbers). What to do.`
 * @example
 * ```ts
 * import { loadModel, ResnetError } from 'resnet-webgpu';
 *
 * try {
 *   await loadModel({ arch: 'resnet50', weights: 'resnet50.pth' });
 * } catch (error) {
 *   if (error instanceof ResnetError && error.code === 'webgpu-missing') console.warn(error.hint);
 *   else throw error;
 * }
 * ```
 */
export class ResnetError extends Error {
  // The build shortens names of classes, and Node prints this one above an error that nobody caught.
  static {
    Object.defineProperty(ResnetError, 'name', { value: 'ResnetError' });
  }

  /** Which failure; stable across versions, where the message's wording is not. */
  readonly code: ErrorCode;
  /** Layer path (`layer3.0.conv2`), file name or argument that the error is about. */
  readonly layer?: string;
  /** What to do about it: one imperative sentence, which ends the message, too. */
  readonly hint: string;
  /** With `ambiguous-arch`: architectures to choose from, each to be passed as `arch`. */
  readonly candidates?: object[];

  /**
   * @param code which failure
   * @param what what happened, with numbers: a sentence
   * @param details the place, the remedy, and what caused it
   */
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

/** Of a call to a disposed model. */
export function disposed(): ResnetError {
  return new ResnetError('disposed', 'The model was disposed.', { hint: 'Load it again.' });
}
