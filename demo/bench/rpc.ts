/** Calls into a worker, and their answers. */

/** Functions of one argument each. */
export type Handlers = Record<string, (argument: never) => unknown>;

interface Request {
  id: number;
  name: string;
  argument: unknown;
}

type Reply = { id: number; result: unknown } | { id: number; error: RemoteFailure };

/** An error in transferable form. Classes and additional properties do not survive structured cloning in all browsers. */
export interface RemoteFailure {
  name: string;
  message: string;
  stack?: string;
}

export interface Port {
  postMessage(message: unknown, transfer?: Transferable[]): void;
  onmessage: ((event: MessageEvent) => void) | null;
}

export function failureOf(error: unknown): RemoteFailure {
  if (error instanceof Error) return { name: error.name, message: error.message, stack: error.stack };
  // Emscripten throws numbers, TF.js objects with a message.
  const message = typeof error === 'object' && error !== null && 'message' in error ? String(error.message) : String(error);
  return { name: 'Error', message };
}

/** In the worker: answers calls one at a time, in the order of arrival. */
export function serve(port: Port, handlers: Handlers): void {
  let last: Promise<unknown> = Promise.resolve();
  port.onmessage = ({ data }: MessageEvent<Request>) => {
    const { id, name, argument } = data;
    last = last.then(async () => {
      try {
        const handler = handlers[name];
        if (!handler) throw new Error(`The worker has no function "${name}".`);
        port.postMessage({ id, result: await handler(argument as never) } satisfies Reply);
      } catch (error) {
        port.postMessage({ id, error: failureOf(error) } satisfies Reply);
      }
    });
  };
}

/** A failure in a worker, or of the worker. */
export class RemoteError extends Error {
  readonly remoteStack: string | undefined;

  constructor({ name, message, stack }: RemoteFailure) {
    super(message);
    this.name = name;
    this.remoteStack = stack;
  }
}

/** In the page: a worker whose functions can be called until it fails, is ended, or takes too long. */
export class Remote<H extends Handlers> {
  readonly #worker: Worker;
  readonly #waiting = new Map<number, { resolve: (value: unknown) => void; reject: (error: Error) => void }>();
  #next = 0;
  #end: Error | undefined;

  constructor(worker: Worker) {
    this.#worker = worker;
    worker.onmessage = ({ data }: MessageEvent<Reply>) => {
      const waiting = this.#waiting.get(data.id);
      this.#waiting.delete(data.id);
      if ('error' in data) waiting?.reject(new RemoteError(data.error));
      else waiting?.resolve(data.result);
    };
    worker.onerror = (event) => {
      event.preventDefault();
      this.terminate(new Error(event.message || 'The worker could not start.'));
    };
  }

  /** @param seconds timeout after which the worker is ended */
  call<K extends keyof H & string>(name: K, argument: Parameters<H[K]>[0], seconds = 600): Promise<Awaited<ReturnType<H[K]>>> {
    if (this.#end) return Promise.reject(this.#end);
    const id = this.#next++;
    return new Promise((resolve, reject) => {
      const timer = setTimeout(() => this.terminate(new Error(`No answer within ${seconds} s (${name}).`)), seconds * 1000);
      const settle =
        <T>(then: (value: T) => void) =>
        (value: T) => {
          clearTimeout(timer);
          then(value);
        };
      this.#waiting.set(id, { resolve: settle(resolve as (value: unknown) => void), reject: settle(reject) });
      this.#worker.postMessage({ id, name, argument } satisfies Request);
    });
  }

  /** Ends the worker. This frees every GPU object that it made. */
  terminate(reason: Error = new DOMException('The benchmark was cancelled.', 'AbortError')): void {
    this.#end ??= reason;
    this.#worker.terminate();
    for (const { reject } of this.#waiting.values()) reject(this.#end);
    this.#waiting.clear();
  }
}
