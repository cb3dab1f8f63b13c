/** What a test in the browser is, and what it gets. Every file of test/browser exports `list`. */

export interface Context {
  /** One device for all cases, so that a pipeline is compiled once. */
  device: GPUDevice;
  adapter: GPUAdapter;
  browser: 'chromium' | 'firefox';
  /** `npm run test:full`. */
  full: boolean;
  /** A file of the repository: `test/…`, `weights/…`. */
  bytes(path: string): Promise<Uint8Array>;
  json<T>(path: string): Promise<T>;
}

export interface BrowserCase {
  /** `group/what it is`. */
  name: string;
  /** Left to `npm run test:full`, which says so at its end. */
  long?: boolean;
  /** Time limit; 120 if absent. */
  seconds?: number;
  /** Throws where it fails; may return a remark, such as the error it measured. */
  run(): Promise<string | undefined>;
  /** Why the library cannot do this yet. Then `run` must reject with a ResnetError: what works must not hide in such a list. */
  outOfScope?: string;
}

export type List = (context: Context) => Promise<BrowserCase[]>;
