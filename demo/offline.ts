/** The page without a connection: its files are kept by a service worker, networks by the library. */

/** Whether the build wrote one (scripts/lib/service-worker.mjs). The development server's files change while one looks at them. */
declare const __SERVICE_WORKER__: boolean | undefined;

export function keepPage(): void {
  if (typeof __SERVICE_WORKER__ === 'undefined' || !('serviceWorker' in navigator)) return;
  // Fails where storage is blocked, or in a private window; the page is as good without.
  navigator.serviceWorker.register(new URL('./service-worker.js', location.href)).catch(() => undefined);
}
