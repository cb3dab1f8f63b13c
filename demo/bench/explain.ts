/** Explains in plain words why a runtime could not be measured, and what to do. The runtime's own message is shown below. */
import { RUNTIMES, type RuntimeId } from './runtimes.ts';

const MEANINGS: readonly (readonly [pattern: RegExp, meaning: string])[] = [
  [
    /wrong numbers/,
    'It computes something else than the reference on this adapter. Times of wrong results say nothing, so they are left out.',
  ],
  [
    /delegates only a part/,
    'It cannot run every operation of this network on WebGPU. The rest would silently run on the processor, so it is not timed.',
  ],
  [
    /graph.?capture|captured/i,
    'The commands of this network could not be captured for replay. Its row with default settings stands beside it.',
  ],
  [
    /Failed to fetch|NetworkError|dynamically imported|Loading .*failed|no available backend|both async and sync fetching|Aborted\(/i,
    'Its files could not be fetched or started. Check the connection, and blockers of scripts or wasm, then run the benchmark again.',
  ],
  [
    /out of memory|allocation failed|memory access|RangeError/i,
    'There was not enough memory. Choose a smaller batch or network, or close other tabs.',
  ],
  [/No answer within/, 'It hung and was ended, so that the others could go on. Try a smaller network or input.'],
  [/WebGPU reported/, 'The browser refused some of its commands. What it computes after that cannot be trusted, so it is not timed.'],
  [
    /lost/i,
    'The browser took the GPU away, as it does after a crash of the driver or a command that took too long. Reload the page and try a smaller network.',
  ],
  [
    /no WebGPU|navigator\.gpu|adapter|cannot use its backend/i,
    'It found no WebGPU adapter here. The box above says what this browser needs.',
  ],
  [/\[unsupported\]|has no operation|cannot express|not supported/i, 'The network has an operation that this runtime does not have.'],
];

/** @param error from the runtime */
export function explainFailure(id: RuntimeId, error: string | undefined): { what: string; why: string } {
  const why =
    MEANINGS.find(([pattern]) => pattern.test(error ?? ''))?.[1] ??
    'It stopped with the message below. The other runtimes went on without it.';
  return { what: `${RUNTIMES[id].name} could not be measured`, why };
}
