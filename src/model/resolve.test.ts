import { describe, expect, it } from 'vitest';
import { buildGraph } from '../arch/graph.ts';
import { resolveArch } from '../arch/index.ts';
import { randomCheckpoint } from '../checkpoint/random.ts';
import type { Checkpoint } from '../checkpoint/types.ts';
import type { DetailedSource, LocatedSource } from './locate.ts';
import { prepareNetwork } from './prepared-network.ts';
import { resolveNetwork } from './resolve.ts';

const checkpoint = randomCheckpoint(buildGraph('cifar_resnet20', [1, 3, 32, 32]), 1);

async function resolved(source: Partial<DetailedSource>, file: Checkpoint | undefined = checkpoint, more: Partial<LocatedSource> = {}) {
  const located: LocatedSource = { source: { arch: 'cifar_resnet20', weights: 'a.pth', ...source }, warnings: [], ...more };
  const { arch } = located.source;
  const guess = arch === undefined ? undefined : await prepareNetwork(await resolveArch(arch), located, {});
  return { guess, network: await resolveNetwork(located, file && { checkpoint: file }, guess, {}) };
}

describe('a network', () => {
  it('that was guessed from its name is kept as it is where the checkpoint is exactly that', async () => {
    const { guess, network } = await resolved({});
    expect(network.graph).toBe(guess?.graph);
    expect(network.report.warnings).toEqual([]);
  });

  it('without a name is told by its keys', async () => {
    const { network } = await resolved({ arch: undefined });
    expect(network.shape).toEqual([1, 3, 32, 32]);
    expect(network.arch.classes).toBe(10);
    // Then its preprocessing is a guess, too.
    expect(network.report.assumed.map(({ what }) => what)).toContain('preprocess');
    expect((await resolved({})).network.report.assumed).toEqual([]);
  });

  it('of random weights has to have one', async () => {
    const located: LocatedSource = { source: { weights: { random: 1 } }, warnings: [] };
    await expect(resolveNetwork(located, undefined, undefined, {})).rejects.toMatchObject({ code: 'usage', layer: 'arch' });
  });

  it.each([
    ['as many as classes', Array.from({ length: 10 }, String), true],
    ['too few', ['cat', 'dog'], false],
    ['no list', 'cat', false],
    ['no strings', Array.from({ length: 10 }, () => 1), false],
  ])('takes labels: %s', async (_, labels, fits) => {
    const loaded = resolved({ labels: labels as string[] });
    if (fits) expect((await loaded).network.labels).toEqual(labels);
    else await expect(loaded).rejects.toMatchObject({ code: 'usage', layer: 'labels' });
  });

  it('takes the labels of its file, unless the caller has others', async () => {
    const named = Array.from({ length: 10 }, (_, i) => `class ${i}`);
    const own = Array.from({ length: 10 }, (_, i) => `own ${i}`);
    const file = { ...checkpoint, metadata: { labels: JSON.stringify(named) } };
    expect((await resolved({}, file)).network.labels).toEqual(named);
    expect((await resolved({ labels: own }, file)).network.labels).toEqual(own);
    // A repository says what there is to know; its file is not asked.
    expect((await resolved({}, file, { card: { preprocess: {} } })).network.labels).toBeUndefined();
  });

  it('says where the recipe that was asked for is not there, and that a head is missing', async () => {
    expect((await resolved({ preprocess: 'test' })).network.report.warnings).toEqual([expect.stringContaining('recipe for testing')]);
    const bare = { ...checkpoint, tensors: new Map([...checkpoint.tensors].filter(([, { shape }]) => shape[0] !== 10)) };
    expect((await resolved({}, bare)).network.report.warnings).toEqual([expect.stringContaining('no head')]);
  });
});
