import { describe, expect, it } from 'vitest';
import { carriesTimestamps, extraGpuRuns, moreWarmups, rotated, streamFrames, TimeBox } from './schedule.ts';

describe('the time box', () => {
  it('takes what fits', () => {
    const box = new TimeBox(10);
    expect(box.fits(10_000)).toBe(true);
    box.spend(6000);
    expect(box.fits(4000)).toBe(true);
    expect(box.fits(4001)).toBe(false);
  });
});

describe('what slow runtimes are spared', () => {
  it('warm-ups, after two seconds', () => {
    expect(moreWarmups(0, 20, 100)).toBe(true);
    expect(moreWarmups(20, 20, 100)).toBe(false);
    expect(moreWarmups(0, 20, 2000)).toBe(false);
  });

  it('inferences for the sake of timestamps', () => {
    expect(extraGpuRuns(30, 5)).toBe(10);
    expect(extraGpuRuns(3, 5)).toBe(3);
    expect(extraGpuRuns(3, 30_000)).toBe(0);
    expect(carriesTimestamps(true, 30_000)).toBe(true);
    expect(carriesTimestamps(true, 5)).toBe(false);
    expect(carriesTimestamps(false, 30_000)).toBe(false);
  });

  it('frames', () => {
    expect(streamFrames(1)).toBe(256);
    expect(streamFrames(100)).toBe(20);
    expect(streamFrames(30_000)).toBe(4);
  });
});

describe('rotated', () => {
  it('lets everybody be first once', () => {
    expect([0, 1, 2, 3].map((by) => rotated(['a', 'b', 'c'], by).join(''))).toEqual(['abc', 'bca', 'cab', 'abc']);
    expect(rotated([], 5)).toEqual([]);
  });
});
