/** Headless Chromium, controlled with the DevTools protocol over a pipe: no package, no open port. */
import { type ChildProcess, spawn } from 'node:child_process';
import { existsSync, statSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { homedir, platform, tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import type { Readable, Writable } from 'node:stream';
import { ResnetError } from '../util/errors.ts';

const PROGRAMS = [
  'chromium',
  'chromium-browser',
  'google-chrome-stable',
  'google-chrome',
  'chrome',
  'microsoft-edge-stable',
  'microsoft-edge',
];
const MAC = [
  'Google Chrome.app/Contents/MacOS/Google Chrome',
  'Chromium.app/Contents/MacOS/Chromium',
  'Microsoft Edge.app/Contents/MacOS/Microsoft Edge',
];
const WINDOWS = ['Google/Chrome/Application/chrome.exe', 'Microsoft/Edge/Application/msedge.exe'];

/**
 * The executable of an installed Chromium, Chrome or Edge.
 * @throws ResnetError `usage` where CHROMIUM_PATH names none
 */
export function findChromium(environment: NodeJS.ProcessEnv = process.env): string | undefined {
  const { CHROMIUM_PATH, PATH = '', PROGRAMFILES, LOCALAPPDATA } = environment;
  if (CHROMIUM_PATH) {
    if (statSync(CHROMIUM_PATH, { throwIfNoEntry: false })?.isFile()) return CHROMIUM_PATH;
    const hint = 'Set it to the program itself, or unset it: then the usual places are searched.';
    throw new ResnetError('usage', `There is no program at ${CHROMIUM_PATH}.`, { layer: 'CHROMIUM_PATH', hint });
  }
  const programFiles = [PROGRAMFILES, environment['PROGRAMFILES(X86)'], LOCALAPPDATA];
  const candidates =
    platform() === 'win32'
      ? programFiles.flatMap((folder) => (folder ? WINDOWS.map((path) => join(folder, path)) : []))
      : platform() === 'darwin'
        ? MAC.flatMap((path) => [join('/Applications', path), join(homedir(), 'Applications', path)])
        : PATH.split(delimiter).flatMap((folder) => PROGRAMS.map((name) => join(folder, name)));
  return candidates.find((path) => existsSync(path));
}

export const GPU_FLAGS = ['--enable-unsafe-webgpu', ...(platform() === 'linux' ? ['--enable-features=Vulkan'] : [])];
/** For machines without a GPU: Chromium's own software adapter. */
export const SOFTWARE_FLAGS = ['--enable-unsafe-webgpu', '--use-webgpu-adapter=swiftshader'];

const QUIET_FLAGS = [
  '--headless=new',
  '--remote-debugging-pipe',
  '--no-first-run',
  '--no-default-browser-check',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-extensions',
  '--disable-sync',
  '--mute-audio',
];

interface Reply {
  id?: number;
  sessionId?: string;
  method?: string;
  params?: Record<string, unknown>;
  result?: Record<string, unknown>;
  error?: { message: string };
}

/** A tab. */
export interface Page {
  /** Opens the address and waits for its load event. */
  goto(url: string): Promise<void>;
  /** The value of an expression, with promises awaited. JSON in both directions. */
  evaluate<T>(expression: string): Promise<T>;
  /** Calls back whenever the page calls the global function of this name with a string. */
  expose(name: string, callback: (text: string) => void): Promise<void>;
}

export interface Browser {
  page: Page;
  close(): Promise<void>;
}

const START_MS = 30_000;

/** @throws with the browser's last lines of output, if it does not start */
export async function launch(program: string, flags: readonly string[]): Promise<Browser> {
  const profile = await mkdtemp(join(tmpdir(), 'resnet-webgpu-'));
  // As root, as in containers, Chromium's sandbox does not start. The only page that it opens is ours.
  const sandbox = process.getuid?.() === 0 ? ['--no-sandbox'] : [];
  const child = spawn(program, [...QUIET_FLAGS, ...flags, ...sandbox, `--user-data-dir=${profile}`, 'about:blank'], {
    stdio: ['ignore', 'ignore', 'pipe', 'pipe', 'pipe'],
  });
  const connection = new Connection(child);
  const close = async () => {
    child.kill();
    if (child.exitCode === null && child.signalCode === null) await new Promise((resolve) => child.once('exit', resolve));
    // Chromium's helper processes may still be writing. What remains in the temporary folder does no harm.
    await rm(profile, { recursive: true, force: true, maxRetries: 3 }).catch(() => undefined);
  };
  try {
    const started = connection.send('Target.createTarget', { url: 'about:blank' });
    const { targetId } = await withTimeout(started, START_MS, () => connection.failure('does not answer'));
    const { sessionId } = await connection.send('Target.attachToTarget', { targetId, flatten: true });
    return { page: await makePage(connection, String(sessionId)), close };
  } catch (error) {
    await close();
    throw error;
  }
}

async function makePage(connection: Connection, sessionId: string): Promise<Page> {
  await connection.send('Page.enable', {}, sessionId);
  await connection.send('Runtime.enable', {}, sessionId);
  return {
    async goto(url) {
      const loaded = connection.once('Page.loadEventFired');
      const { errorText } = await connection.send('Page.navigate', { url }, sessionId);
      if (errorText) throw new Error(`${url}: ${errorText}`);
      await loaded;
    },
    async evaluate<T>(expression: string) {
      const parameters = { expression, awaitPromise: true, returnByValue: true };
      const reply = await connection.send('Runtime.evaluate', parameters, sessionId);
      const { result, exceptionDetails } = reply as {
        result: { value: T };
        exceptionDetails?: { text: string; exception?: { description?: string } };
      };
      if (exceptionDetails) throw new Error(exceptionDetails.exception?.description ?? exceptionDetails.text);
      return result.value;
    },
    async expose(name, callback) {
      connection.on('Runtime.bindingCalled', (params) => {
        if (params.name === name) callback(String(params.payload));
      });
      await connection.send('Runtime.addBinding', { name }, sessionId);
    },
  };
}

/** The DevTools protocol over file descriptors 3 and 4: JSON messages, each terminated by a zero byte. */
class Connection {
  private readonly child: ChildProcess;
  private readonly output: Writable;
  private readonly waiting = new Map<number, { resolve(result: Record<string, unknown>): void; reject(error: Error): void }>();
  private readonly listeners = new Map<string, ((params: Record<string, unknown>) => void)[]>();
  private printed = '';
  private serial = 0;

  constructor(child: ChildProcess) {
    this.child = child;
    this.output = child.stdio[3] as Writable;
    let pending = '';
    const input = child.stdio[4] as Readable;
    input.setEncoding('utf8').on('data', (text: string) => {
      const messages = (pending + text).split('\0');
      pending = messages.pop() ?? '';
      for (const message of messages) this.receive(JSON.parse(message) as Reply);
    });
    child.stderr?.setEncoding('utf8').on('data', (text: string) => {
      this.printed = (this.printed + text).slice(-2000);
    });
    // Writing to a browser that has exited fails on the pipe. The exit handler below reports why.
    this.output.on('error', () => {});
    child.on('error', (error) => this.rejectAll(this.failure(error.message)));
    child.on('exit', (code, signal) => this.rejectAll(this.failure(`ended with ${signal ?? `code ${code}`}`)));
  }

  failure(what: string): Error {
    const lines = this.printed.trim().split('\n').slice(-3).join('\n');
    return new Error(`The browser ${this.child.spawnfile} ${what}.${lines === '' ? '' : `\n${lines}`}`);
  }

  send(method: string, params: Record<string, unknown>, sessionId?: string): Promise<Record<string, unknown>> {
    this.serial += 1;
    const id = this.serial;
    return new Promise((resolve, reject) => {
      this.waiting.set(id, { resolve, reject });
      this.output.write(`${JSON.stringify({ id, method, params, sessionId })}\0`);
    });
  }

  on(method: string, listener: (params: Record<string, unknown>) => void): void {
    this.listeners.set(method, [...(this.listeners.get(method) ?? []), listener]);
  }

  once(method: string): Promise<void> {
    return new Promise((resolve) => this.on(method, () => resolve()));
  }

  private receive({ id, method, params = {}, result = {}, error }: Reply): void {
    if (id !== undefined) {
      const call = this.waiting.get(id);
      this.waiting.delete(id);
      if (error) call?.reject(new Error(error.message));
      else call?.resolve(result);
    } else if (method) for (const listener of this.listeners.get(method) ?? []) listener(params);
  }

  private rejectAll(error: Error): void {
    for (const { reject } of this.waiting.values()) reject(error);
    this.waiting.clear();
  }
}

function withTimeout<T>(promise: Promise<T>, ms: number, error: () => Error): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(error()), ms);
  });
  return Promise.race([promise, late]).finally(() => clearTimeout(timer));
}
