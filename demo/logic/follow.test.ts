import { expect, it } from 'vitest';
import { follow } from './follow.ts';

const turn = () => new Promise((resolve) => setTimeout(resolve));
const { signal } = new AbortController();

it('is over when the pictures are, even where they end immediately', async () => {
  let streams = 0;
  await follow(
    () => ({}),
    async () => void streams++,
    turn,
    signal,
  );
  expect(streams).toBe(1);
});

it('goes on with the network that took over, and waits where there is none', async () => {
  const networks = [{ name: 'first' }, undefined, undefined, { name: 'second' }];
  let now = 0;
  const seen: string[] = [];
  await follow(
    () => networks[now],
    async ({ name }) => {
      seen.push(name);
      if (name === 'second') return;
      now++;
      throw new Error('disposed');
    },
    async () => {
      await turn();
      now++;
    },
    signal,
  );
  expect(seen).toEqual(['first', 'second']);
});

it('fails where a picture does, and gives the page its turns until it is stopped', async () => {
  const network = {};
  const failing = follow(
    () => network,
    () => Promise.reject(new Error('no frame')),
    turn,
    signal,
  );
  await expect(failing).rejects.toThrow('no frame');
  const stopper = new AbortController();
  let turns = 0;
  await follow(
    () => undefined,
    async () => undefined,
    async () => {
      await turn();
      if (++turns === 3) stopper.abort();
    },
    stopper.signal,
  );
  expect(turns).toBe(3);
});
