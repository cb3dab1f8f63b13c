/** The page without a connection: its files are kept by a service worker, networks by the library. */

export function keepPage(): void {
  // The development server's files change while one looks at them.
  if (!import.meta.env.PROD || !('serviceWorker' in navigator)) return;
  // Fails where storage is blocked, or in a private window; the page is as good without.
  navigator.serviceWorker.register(new URL('./service-worker.js', location.href)).catch(() => undefined);
}
