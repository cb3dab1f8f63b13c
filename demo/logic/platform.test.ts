import { describe, expect, it } from 'vitest';
import { platformName, platformOf, remediesForMissing, remediesForSoftware } from './platform.ts';

const agents = {
  'Chrome 150 on Linux': 'Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/150.0.0.0 Safari/537.36',
  'Edge 149 on Windows':
    'Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/149.0.0.0 Safari/537.36 Edg/149.0.0.0',
  'Firefox 140 on Windows': 'Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:140.0) Gecko/20100101 Firefox/140.0',
  'Safari 18 on macOS':
    'Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.3 Safari/605.1.15',
  'Safari 18 on iOS':
    'Mozilla/5.0 (iPhone; CPU iPhone OS 18_3 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.3 Mobile/15E148 Safari/604.1',
  'Chrome 120 on Android':
    'Mozilla/5.0 (Linux; Android 10; K) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/120.0.0.0 Mobile Safari/537.36',
  'Chrome 112 on ChromeOS':
    'Mozilla/5.0 (X11; CrOS x86_64 14541.0.0) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/112.0.0.0 Safari/537.36',
};

describe('platformOf', () => {
  it.each(Object.entries(agents))('tells %s', (name, agent) => {
    expect(platformName(platformOf(agent))).toBe(name);
  });
  it('does not guess', () => {
    expect(platformName(platformOf('curl/8.0'))).toBe('Unknown browser');
  });
});

describe('remedies', () => {
  it.each(Object.entries(agents))('for %s', (_, agent) => {
    const platform = platformOf(agent);
    expect({ missing: remediesForMissing(platform, true), software: remediesForSoftware(platform) }).toMatchSnapshot();
  });
  it('put the address first', () => {
    expect(remediesForMissing(platformOf(agents['Safari 18 on macOS']), false)[0]).toContain('https://');
  });
});
