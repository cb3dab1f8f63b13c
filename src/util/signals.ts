/** A signal that aborts as soon as one of these does. AbortSignal.any would need Chrome 116. */
export function anySignal(...signals: readonly (AbortSignal | undefined)[]): AbortSignal {
  const controller = new AbortController();
  for (const signal of signals) {
    const abort = () => controller.abort(signal?.reason);
    if (signal?.aborted) abort();
    signal?.addEventListener('abort', abort, { once: true, signal: controller.signal });
  }
  return controller.signal;
}
