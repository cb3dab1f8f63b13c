/**
 * Every error that the library throws on purpose.
 *
 * The message reads `[where] what happened (with numbers). What to do.` A list may follow. `code` is stable across
 * versions, but the wording is not. The texts are snapshot-tested and listed in docs/errors.md.
 */

import { printable } from './show.ts';

/**
 * Stable reasons. A new failure gets a new code, and an old code never changes its meaning. docs/errors.md has a remedy for each.
 *
 * - `config`: an architecture setting that the reference implementation refuses, too
 * - `unsupported`: a valid setting that this version cannot run
 * - `unknown-arch`: no architecture of that name
 * - `ambiguous-arch`: no `arch` given, and the keys fit no architecture, or several
 * - `shape`: an input tensor that the network cannot take
 * - `checkpoint-format`: an unknown format, or a malformed file
 * - `checkpoint-truncated`: the file ends too early
 * - `checkpoint-unsafe`: a pickle that would run code in Python; nothing was executed
 * - `checkpoint-keys`: missing or unexpected tensors, or tensors of the wrong shape
 * - `integrity`: bytes that differ from the recorded hash or length
 * - `network`: a download failed
 * - `aborted`: the signal fired; `name` is `AbortError`
 * - `webgpu-missing`: no `navigator.gpu`
 * - `adapter-missing`: the browser has WebGPU, but found no adapter
 * - `device-limits`: the device's limits are too small
 * - `device-lost`: the device was lost and could not be replaced
 * - `out-of-memory`: the GPU has no memory left
 * - `shader`: the driver refused a kernel
 * - `f16-overflow`: a value beyond the range of f16
 * - `not-finite`: logits that are NaN or infinite, so that no class is the most probable
 * - `image`: an image that does not decode, is not loaded yet, or is too large
 * - `disposed`: the model was disposed
 * - `usage`: a call that does not make sense, or not for this model
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

/** Details of an error besides its code and message. */
export interface ErrorDetails {
  /** Layer path (`layer3.0.conv2`), file name or argument that the error is about. */
  layer?: string;
  /** What to do about it: one imperative sentence. */
  hint: string;
  /** What is too long to stand before the remedy: whole lines, which end the message. */
  list?: string;
  /** `ambiguous-arch`: possible architectures. Each can be passed as `arch`. */
  candidates?: object[];
  /** The error that caused this one. */
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
  // The build shortens class names, and Node prints the class name above an uncaught error.
  static {
    Object.defineProperty(ResnetError, 'name', { value: 'ResnetError' });
  }

  /** The kind of failure. Stable across versions, unlike the wording of messages. */
  readonly code: ErrorCode;
  /** Layer path (`layer3.0.conv2`), file name or argument that the error is about. */
  readonly layer?: string;
  /** What to do about it: one imperative sentence. It ends the message, unless a list follows. */
  readonly hint: string;
  /** For `ambiguous-arch`: possible architectures. Each can be passed as `arch`. */
  readonly candidates?: object[];

  /**
   * @param code kind of failure
   * @param what a sentence that says what happened, with numbers
   * @param details place, remedy and cause
   */
  constructor(code: ErrorCode, what: string, { layer, hint, list = '', candidates, cause }: ErrorDetails) {
    super(printable(`${layer === undefined ? '' : `[${layer}] `}${what} ${hint}${list}`), cause === undefined ? undefined : { cause });
    // Everywhere on the web platform, an aborted call is recognised by this name.
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

/** The error for a call to a disposed model. */
export function disposed(): ResnetError {
  return new ResnetError('disposed', 'The model was disposed.', { hint: 'Load it again.' });
}
