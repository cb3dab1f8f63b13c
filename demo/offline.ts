/** The page without a connection: a service worker keeps its files, the library keeps networks. */

/** Whether the build wrote a service worker (scripts/lib/service-worker.mjs). The development server's files change all the time. */
declare const __SERVICE_WORKER__: boolean | undefined;

export function keepPage(): void {
  if (typeof __SERVICE_WORKER__ === 'undefined' || !('serviceWorker' in navigator)) return;
  // Fails if storage is blocked, or in a private window. The page works without it.
  navigator.serviceWorker.register(new URL('./service-worker.js', location.href)).catch(() => undefined);
}
