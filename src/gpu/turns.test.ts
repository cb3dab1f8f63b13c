import { describe, expect, it } from 'vitest';
import { Turns } from './turns.ts';

function gate() {
  let open: () => void = () => undefined;
  const opened = new Promise<void>((resolve) => {
    open = resolve;
  });
  return { open, opened };
}

/** As callers do. */
async function take<T>(turns: Turns, use: () => Promise<T>, signal?: AbortSignal): Promise<T> {
  await turns.enter(signal);
  try {
    return await use();
  } finally {
    turns.leave();
  }
}

describe('Turns', () => {
  it('lets so many in at once, the others in order', async () => {
    const turns = new Turns(2);
    const gates = [gate(), gate(), gate(), gate()];
    const started: number[] = [];
    const done = gates.map(({ opened }, i) =>
      take(turns, async () => {
        started.push(i);
        await opened;
        return i;
      }),
    );
    await Promise.resolve();
    expect(started).toEqual([0, 1]);
    gates[1]?.open();
    await done[1];
    await Promise.resolve();
    expect(started).toEqual([0, 1, 2]);
    for (const { open } of gates) open();
    expect(await Promise.all(done)).toEqual([0, 1, 2, 3]);
  });

  it('goes on after a failure', async () => {
    const turns = new Turns(1);
    const failed = take(turns, async () => {
      throw new Error('no');
    });
    const next = take(turns, async () => 'yes');
    await expect(failed).rejects.toThrow('no');
    expect(await next).toBe('yes');
  });

  it('drops who gives up, and does not lose the turn', async () => {
    const turns = new Turns(1);
    const { open, opened } = gate();
    const first = take(turns, () => opened);
    const controller = new AbortController();
    const dropped = take(turns, async () => 'never', controller.signal);
    const last = take(turns, async () => 'last');
    controller.abort(new Error('bored'));
    await expect(dropped).rejects.toMatchObject({ code: 'aborted', name: 'AbortError' });
    open();
    await first;
    expect(await last).toBe('last');
    await expect(take(turns, async () => 'never', controller.signal)).rejects.toMatchObject({ code: 'aborted' });
    // A signal that fires after its call has started has no effect.
    const late = new AbortController();
    const running = take(
      turns,
      async () => {
        late.abort();
        return 'done';
      },
      late.signal,
    );
    expect(await running).toBe('done');
  });
});
