/** Any error in three parts for people: what happened, what to do, and the details for a bug report. */

export interface Problem {
  code: string;
  what: string;
  remedy: string;
  details: string;
  /** Architectures to choose from. */
  candidates?: readonly object[];
}

interface Coded {
  code: string;
  hint: string;
  candidates?: object[];
}

/** Recognised by its properties, not by its class, because another copy of the library may have thrown it. */
function isCoded(error: Error): error is Error & Coded {
  return 'code' in error && typeof error.code === 'string' && 'hint' in error && typeof error.hint === 'string';
}

export function problemOf(error: unknown): Problem {
  if (!(error instanceof Error)) return { code: 'unknown', what: String(error), remedy: 'Reload the page and try again.', details: '' };
  const details = [error.stack ?? `${error.name}: ${error.message}`];
  if (error.cause !== undefined) details.push(`caused by: ${String(error.cause)}`);
  if (isCoded(error)) {
    // A list may follow the remedy.
    const { message, code, hint: remedy, candidates } = error;
    const at = message.lastIndexOf(remedy);
    const what = at < 0 ? message : message.slice(0, at).trim() + message.slice(at + remedy.length);
    return { code, what: shorten(what.replace(NO_PLACE, '')), remedy, details: details.join('\n'), ...(candidates && { candidates }) };
  }
  return {
    code: error.name,
    what: error.message || error.name,
    remedy: 'Reload the page; if it happens again, file an issue with the details below.',
    details: details.join('\n'),
  };
}

/** Errors start with their place. `image` tells nothing to somebody who is looking at it. */
const NO_PLACE = /^\[image\] /;

const LINES = 6;

/** A list of two hundred tensors belongs to the details. */
function shorten(text: string): string {
  const lines = text.split('\n');
  return lines.length <= LINES ? text : `${lines.slice(0, LINES).join('\n')}\n… ${lines.length - LINES} more lines in the details`;
}

export function isAbort(error: unknown): boolean {
  return error instanceof Error && error.name === 'AbortError';
}

const CAMERA: Record<string, [what: string, remedy: string]> = {
  NotAllowedError: [
    'The browser did not allow this page to use the camera.',
    'Click the camera or lock sign beside the address, allow the camera and try again.',
  ],
  NotFoundError: ['No camera was found.', 'Connect one, or choose a photo instead.'],
  NotReadableError: ['The camera is there but gives no picture.', 'Close other programs that use it and try again.'],
  OverconstrainedError: ['The camera offers no picture of a usable size.', 'Choose another camera in the browser’s settings.'],
  SecurityError: ['This page may not use a camera.', 'Open it on https:// or localhost.'],
};

export function cameraProblem(error: unknown): Problem {
  const problem = problemOf(error);
  const known = CAMERA[problem.code];
  return known ? { ...problem, what: known[0], remedy: known[1] } : { ...problem, remedy: 'Try again, or choose a photo instead.' };
}
