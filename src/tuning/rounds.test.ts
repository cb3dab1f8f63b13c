import { beforeEach, describe, expect, it } from 'vitest';
import { type RecordingDevice, recordingDevice } from '../../test/support/recording-device.ts';
import { resolveArch } from '../arch/index.ts';
import { randomCheckpoint } from '../checkpoint/random.ts';
import { prepareNetwork } from '../model/prepared-network.ts';
import { Session } from '../model/session.ts';
import { bindTensors } from '../model/tensors.ts';
import { findShapes, stepsOf, timeRound } from './rounds.ts';

let gpu: RecordingDevice;
let session: Session;
beforeEach(async () => {
  gpu = recordingDevice();
  const located = { source: { arch: 'cifar_resnet20', weights: { random: 1 } }, warnings: [] };
  const network = await prepareNetwork(await resolveArch('cifar_resnet20'), located, { inputSize: [8, 8] });
  session = await Session.create({ device: gpu.device, precision: 'f32' });
  await session.load(network, await bindTensors(network, located, { checkpoint: randomCheckpoint(network.graph, 1) }, {}));
});

/** Two kernels besides the default. */
const OTHERS = ['direct-1x16-16-64', 'direct-1x8-16-64'];

describe('rounds of measurements', () => {
  it('have one entry for each shape, which counts its layers and has its default first', async () => {
    const entries = findShapes(session, session.engine.profile, () => OTHERS);
    const { nodes } = session.graph(session.shape);
    const convs = nodes.filter(({ op }) => op === 'conv2d').length;
    expect(entries.length).toBeGreaterThan(3);
    expect(entries.length).toBeLessThan(convs);
    expect(entries.reduce((sum, { layers }) => sum + layers, 0)).toBeLessThanOrEqual(convs);
    expect(new Set(entries.map(({ shape }) => shape)).size).toBe(entries.length);
    for (const { candidates, default: usual } of entries) expect(candidates[0]).toBe(usual);
  });

  it('offer of a shape only what all its layers take', () => {
    const seen = new Set<string>();
    const entries = findShapes(session, session.engine.profile, ({ layer }) => {
      seen.add(layer);
      return layer === 'layer1.0.conv1' ? OTHERS : OTHERS.slice(0, 1);
    });
    const entry = entries.find(({ layer }) => layer === 'layer1.0.conv1');
    expect(seen.size).toBeGreaterThan(entries.length);
    expect(entry?.layers).toBeGreaterThan(1);
    expect(entry?.candidates).not.toContain(OTHERS[1]);
    expect(entry?.candidates).toContain(OTHERS[0]);
  });

  it('time the candidate of their number of each shape, as often as asked', async () => {
    const { profile } = session.engine;
    const entries = findShapes(session, profile, () => OTHERS);
    const timed: number[] = [];
    await timeRound(session, entries, 0, { profile, samples: 2, targetUs: 1, onTimed: (count) => timed.push(count) });
    for (const { times, default: usual } of entries) {
      expect([...times.keys()]).toEqual([usual]);
      expect(times.get(usual)).toHaveLength(2);
    }
    expect(timed).toEqual(entries.map((_, i) => i + 1));
    const three = entries.filter(({ candidates }) => candidates.length === 3);
    await timeRound(session, entries, 2, { profile, samples: 1, targetUs: 1 });
    expect(entries.filter(({ times }) => times.size === 2)).toEqual(three);
    expect(three.length).toBeGreaterThan(0);
  });

  it('go on without a kernel that the driver refuses', async () => {
    const { profile } = session.engine;
    const [first, ...rest] = findShapes(session, profile, () => []).map((entry) => ({
      ...entry,
      candidates: [entry.default, OTHERS[0] ?? ''],
    }));
    if (!first) throw new Error('there is no convolution');
    const refused = { ...first, candidates: [first.default, OTHERS[1] ?? ''] };
    gpu.refuse = new RegExp(`/${OTHERS[1]}/`);
    await timeRound(session, [refused, ...rest], 1, { profile, samples: 1, targetUs: 1 });
    expect(refused.times.size).toBe(0);
    for (const { times } of rest) expect([...times.keys()]).toEqual([OTHERS[0]]);
  });

  it('end at a signal', async () => {
    const { profile } = session.engine;
    const entries = findShapes(session, profile, () => []);
    const aborted = timeRound(session, entries, 0, { profile, samples: 1, signal: AbortSignal.abort() });
    await expect(aborted).rejects.toMatchObject({ code: 'aborted' });
    expect(entries.every(({ times }) => times.size === 0)).toBe(true);
  });
});

it('the steps of a layer are all that have its name', () => {
  const steps = ['a', 'b', 'b', 'c'].map((layer) => ({ layer })) as unknown as Parameters<typeof stepsOf>[0];
  expect(stepsOf(steps, 'b')).toEqual([1, 2]);
});
