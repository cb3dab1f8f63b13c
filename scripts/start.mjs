// `npm start`: everything from a fresh clone to the demo in a browser.
import { ensureInstalled, root } from './lib/setup.mjs';

ensureInstalled();
const { createServer } = await import('vite');

const server = await createServer({
  configFile: `${root}/vite.config.ts`,
  mode: 'demo',
  server: { open: hasDisplay(), host: process.argv.includes('--host') ? true : undefined },
});
await server.listen();
server.printUrls();
server.bindCLIShortcuts({ print: process.stdin.isTTY === true });

/** On a server without a screen there is no browser to open, and trying would only print an error. */
function hasDisplay() {
  if (process.argv.includes('--no-open') || process.env.CI) return false;
  if (process.env.SSH_CONNECTION && !process.env.DISPLAY) return false;
  return process.platform !== 'linux' || Boolean(process.env.DISPLAY || process.env.WAYLAND_DISPLAY);
}
