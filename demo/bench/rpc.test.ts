import { describe, expect, it, vi } from 'vitest';
import { failureOf, Remote, serve } from './rpc.ts';

/** A worker without a thread. */
function fakeWorker(handlers: Parameters<typeof serve>[1]) {
  const inside: Parameters<typeof serve>[0] = { onmessage: null, postMessage: (data) => outside.onmessage?.({ data }) };
  const outside = {
    onmessage: null as ((event: { data: unknown }) => void) | null,
    onerror: null as ((event: { message: string; preventDefault(): void }) => void) | null,
    postMessage: (data: unknown) => inside.onmessage?.({ data } as MessageEvent),
    terminate: vi.fn(),
  };
  serve(inside, handlers);
  return outside;
}

type Handlers = { double(value: number): Promise<number>; fail(): Promise<never>; wait(): Promise<void> };

const handlers: Handlers = {
  double: async (value) => 2 * value,
  fail: async () => {
    throw new TypeError('no');
  },
  wait: () => new Promise(() => {}),
};

const remoteOf = (worker = fakeWorker(handlers)) => ({ worker, remote: new Remote<Handlers>(worker as unknown as Worker) });

describe('a remote', () => {
  it('answers, and passes errors on', async () => {
    const { remote } = remoteOf();
    expect(await Promise.all([remote.call('double', 2), remote.call('double', 3)])).toEqual([4, 6]);
    await expect(remote.call('fail', undefined)).rejects.toMatchObject({ name: 'TypeError', message: 'no' });
    expect(await remote.call('double', 4)).toBe(8);
    await expect(remote.call('absent' as 'wait', undefined)).rejects.toThrow('no function "absent"');
  });

  it('gives up on one that does not answer', async () => {
    const { remote, worker } = remoteOf();
    await expect(remote.call('wait', undefined, 0.01)).rejects.toThrow('No answer within 0.01 s (wait)');
    expect(worker.terminate).toHaveBeenCalled();
    await expect(remote.call('double', 1)).rejects.toThrow('No answer');
  });

  it('ends what is waiting when it is ended, or when the worker fails', async () => {
    const cancelled = remoteOf();
    const waiting = cancelled.remote.call('wait', undefined);
    cancelled.remote.terminate();
    await expect(waiting).rejects.toMatchObject({ name: 'AbortError' });
    const failing = remoteOf();
    const call = failing.remote.call('wait', undefined);
    failing.worker.onerror?.({ message: 'syntax error', preventDefault: () => {} });
    await expect(call).rejects.toThrow('syntax error');
  });
});

describe('failureOf', () => {
  it('understands what others throw', () => {
    expect(failureOf(new RangeError('far'))).toMatchObject({ name: 'RangeError', message: 'far' });
    expect(failureOf({ message: 'a plain object' }).message).toBe('a plain object');
    expect(failureOf(1234).message).toBe('1234');
  });
});
