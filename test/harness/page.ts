/** Runs every case of test/browser on one device and tells the runner (scripts/test-browsers.mjs) about each. */
import { deviceDescriptor, ResnetError } from '../../src/index.ts';
import type { BrowserCase, Context, List } from './case.ts';
import { trackResources } from './resources.ts';

const modules = import.meta.glob<{ list: List }>('../browser/*.ts', { eager: true });
const query = new URLSearchParams(location.search);

await main().catch((error: unknown) => report({ type: 'fatal', error: describe(error) }));

async function main(): Promise<void> {
  const context = await open();
  const resources = trackResources(context.device);
  const problems: string[] = [];
  context.device.addEventListener('uncapturederror', ({ error }) => problems.push(error.message));
  let lost: string | undefined;
  void context.device.lost.then(({ message }) => {
    lost = message;
  });

  const lists = await Promise.all(Object.values(modules).map(({ list }) => list(context)));
  const wanted = query.get('filter') ?? '';
  const named = lists.flat().filter(({ name }) => name.includes(wanted));
  // Who asks for some by name gets all of them.
  const cases = named.filter(({ long }) => context.full || wanted !== '' || !long);
  await report({ type: 'list', names: cases.map(({ name }) => name), all: named.map(({ name }) => name) });
  if (query.has('list')) return report({ type: 'done' });

  for (const [index, test] of cases.entries()) {
    if (index < Number(query.get('from') ?? 0)) continue;
    const seconds = test.seconds ?? 120;
    await report({ type: 'start', index, seconds });
    const start = performance.now();
    resources.begin();
    const outcome = await runCase(test);
    // An event of the device that belongs to this case comes before the next task.
    await new Promise((resolve) => setTimeout(resolve));
    const leaks = outcome.error ? [] : await resources.leaks();
    const errors = [outcome.error, ...problems.splice(0), ...leaks, lost && `the device was lost: ${lost}`];
    const error = errors.filter(Boolean).join('\n');
    await report({ type: 'result', index, ...outcome, error: error || undefined, lost: lost !== undefined, ms: performance.now() - start });
    if (lost !== undefined) return;
  }
  await report({ type: 'done' });
}

async function open(): Promise<Context> {
  if (!navigator.gpu) throw new Error('navigator.gpu is missing: WebGPU is switched off in this browser');
  const adapter = await navigator.gpu.requestAdapter();
  if (!adapter) throw new Error('no adapter: the Vulkan driver is missing or refused');
  const device = await adapter.requestDevice(deviceDescriptor(adapter));
  const { vendor, architecture, device: name, description } = adapter.info;
  await report({
    type: 'device',
    text: [vendor, architecture, name, description].filter(Boolean).join(' ') || 'an adapter that names nothing',
  });
  const bytes = async (path: string) => {
    const response = await fetch(`/${path}`);
    if (!response.ok) throw new Error(`${path}: ${response.status}`);
    return new Uint8Array(await response.arrayBuffer());
  };
  return {
    device,
    adapter,
    browser: query.get('browser') === 'firefox' ? 'firefox' : 'chromium',
    full: query.has('full'),
    bytes,
    json: async (path) => JSON.parse(new TextDecoder().decode(await bytes(path))),
  };
}

async function runCase({ run, outOfScope }: BrowserCase): Promise<{ note?: string; error?: string; outOfScope?: string }> {
  try {
    const note = await run();
    if (outOfScope === undefined) return note === undefined ? {} : { note };
    return { error: `this works now: take it off the list of what is out of scope (${outOfScope})` };
  } catch (error) {
    if (outOfScope !== undefined && error instanceof ResnetError) return { outOfScope };
    return { error: describe(error) };
  }
}

function describe(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const code = error instanceof ResnetError ? `${error.code}: ` : '';
  // Firefox's stack does not repeat the message, Chromium's does.
  const stack = (error.stack ?? '').replace(`${error.name}: ${error.message}`, '').split('\n').filter(Boolean).slice(0, 4).join('\n');
  return `${code}${error.message}\n${stack}`;
}

async function report(event: Record<string, unknown>): Promise<void> {
  await fetch(`/report?session=${query.get('session')}`, { method: 'POST', body: JSON.stringify(event) });
}
