import { describe, expect, it } from 'vitest';
import { buildGraph } from '../arch/graph.ts';
import type { ResolvedArch } from '../arch/index.ts';
import type { OpenedWeights } from '../checkpoint/opened-weights.ts';
import { randomCheckpoint } from '../checkpoint/random.ts';
import type { Checkpoint } from '../checkpoint/types.ts';
import type { LocatedSource } from './locate.ts';
import { bindTensors } from './tensors.ts';

const graph = buildGraph('cifar_resnet20', [1, 3, 32, 32]);
const arch = { name: 'cifar_resnet20', zeroInitResidual: false } as ResolvedArch;
const key = 'conv1.weight';
const numbers = async (seed: number) => (await randomCheckpoint(graph, seed).tensors.get(key)?.read())?.data;

function located(weights: unknown, strict?: boolean): LocatedSource {
  return { source: { weights, strict }, warnings: [] } as unknown as LocatedSource;
}

/** Weights that are other ones each time they are opened, to tell which were read. */
function opened(reopen = true): OpenedWeights {
  let seed = 1;
  return { checkpoint: randomCheckpoint(graph, seed), ...(reopen && { reopen: async () => randomCheckpoint(graph, ++seed) }) };
}

describe('the tensors of a network', () => {
  it('come out of what was opened, and after a loss out of what is opened again', async () => {
    const { read, reopenTensors } = await bindTensors({ graph, arch }, located('a.pth'), opened(), {});
    expect(await read(key)).toEqual(await numbers(1));
    expect(await (await reopenTensors())(key)).toEqual(await numbers(2));
    expect(await (await reopenTensors())(key)).toEqual(await numbers(3));
  });

  it('come from a stream once', async () => {
    const { read, reopenCheckpoint, reopenTensors } = await bindTensors({ graph, arch }, located({}), opened(false), {});
    expect(await read(key)).toEqual(await numbers(1));
    await expect(reopenCheckpoint()).rejects.toMatchObject({ code: 'device-lost' });
    await expect(reopenTensors()).rejects.toMatchObject({ code: 'device-lost' });
  });

  it('are made of a seed, the same ones again', async () => {
    const { read, reopenTensors } = await bindTensors({ graph, arch }, located({ random: 7 }), undefined, {});
    expect(await read(key)).toEqual(await numbers(7));
    expect(await (await reopenTensors())(key)).toEqual(await numbers(7));
  });

  it('are looked for as the network was found, each time', async () => {
    const inside = (file: Checkpoint): Checkpoint => ({
      ...file,
      tensors: new Map([...file.tensors].map(([name, tensor]) => [name.replace('student.', ''), tensor])),
    });
    const wrap = (file: Checkpoint): Checkpoint => ({
      ...file,
      tensors: new Map([...file.tensors].map(([name, tensor]) => [`student.${name}`, tensor])),
    });
    const { checkpoint, reopen } = opened();
    const wrapped = { checkpoint: wrap(checkpoint), reopen: async () => wrap((await reopen?.()) ?? checkpoint) };
    const tensors = await bindTensors({ graph, arch, view: inside }, located('a.pth'), wrapped, {});
    expect(await tensors.read(key)).toEqual(await numbers(1));
    expect(await (await tensors.reopenTensors())(key)).toEqual(await numbers(2));
    expect((await tensors.reopenCheckpoint()).tensors.has(key)).toBe(true);
  });

  it('may be fewer than the file has, where strict is false', async () => {
    const { checkpoint } = opened();
    const tensor = checkpoint.tensors.get(key);
    const more = {
      checkpoint: { ...checkpoint, tensors: new Map([...checkpoint.tensors, ...(tensor ? [['more', tensor] as const] : [])]) },
    };
    expect(await (await bindTensors({ graph, arch }, located('a.pth', false), more, {})).read(key)).toEqual(await numbers(1));
  });

  it('tell when they are read', async () => {
    const told: [number, number | undefined][] = [];
    const { checkpoint } = opened();
    await bindTensors(
      { graph, arch },
      located('a.pth'),
      { checkpoint },
      { onProgress: ({ loaded, total }) => void told.push([loaded, total]) },
    );
    expect(told).toEqual([
      [0, checkpoint.tensors.size],
      [checkpoint.tensors.size, checkpoint.tensors.size],
    ]);
  });
});
