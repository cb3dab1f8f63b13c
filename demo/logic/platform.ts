/** The browser and system of the visitor, and what to do if WebGPU is missing or slow. */

export type BrowserName = 'Chrome' | 'Edge' | 'Firefox' | 'Safari' | 'unknown';
export type SystemName = 'Windows' | 'macOS' | 'Linux' | 'Android' | 'iOS' | 'ChromeOS' | 'unknown';

export interface Platform {
  browser: BrowserName;
  /** Major version, 0 if unknown. */
  version: number;
  system: SystemName;
}

const SYSTEMS: [RegExp, SystemName][] = [
  [/CrOS/, 'ChromeOS'],
  [/Android/, 'Android'],
  [/iPhone|iPad|iPod/, 'iOS'],
  [/Windows/, 'Windows'],
  [/Mac OS X|Macintosh/, 'macOS'],
  [/Linux|X11/, 'Linux'],
];

// Every browser on iOS uses Safari's engine, which decides about WebGPU.
const BROWSERS: [RegExp, BrowserName][] = [
  [/Edg(?:A|iOS)?\/(\d+)/, 'Edge'],
  [/Firefox\/(\d+)/, 'Firefox'],
  [/(?:Chrome|Chromium)\/(\d+)/, 'Chrome'],
  [/Version\/(\d+)[.\d]* .*Safari/, 'Safari'],
];

export function platformOf(userAgent: string): Platform {
  const system = SYSTEMS.find(([pattern]) => pattern.test(userAgent))?.[1] ?? 'unknown';
  for (const [pattern, browser] of BROWSERS) {
    const match = pattern.exec(userAgent);
    if (match) return { browser, version: Number(match[1]), system };
  }
  return { browser: 'unknown', version: 0, system };
}

export function platformName({ browser, version, system }: Platform): string {
  const name = browser === 'unknown' ? 'Unknown browser' : `${browser} ${version}`;
  return system === 'unknown' ? name : `${name} on ${system}`;
}

/**
 * What to do if `navigator.gpu` is missing, the most specific advice first.
 * Versions: https://github.com/gpuweb/gpuweb/wiki/Implementation-Status, state of April 2026.
 */
export function remediesForMissing({ browser, version, system }: Platform, secure: boolean): string[] {
  if (!secure) return ['Browsers offer WebGPU on https:// and localhost only. Open this page under one of these.'];
  if (system === 'iOS') return ['Update to iOS or iPadOS 26 or later: Safari 26 brings WebGPU, also to the other browsers there.'];
  const chromium = browser === 'Chrome' || browser === 'Edge';
  if (chromium && system === 'Linux') {
    const flags = `open ${browser.toLowerCase()}://flags, enable “Unsafe WebGPU Support” and “Vulkan”, and restart the browser.`;
    return version < 147
      ? [
          `Update ${browser} to 147 or later: it has WebGPU for Intel (Gen12 and later) and NVIDIA (driver 535.183 and later) as it comes.`,
          `For another GPU ${flags}`,
        ]
      : [
          `With an Intel GPU before Gen12, an AMD GPU or an NVIDIA driver before 535.183, ${flags}`,
          'With a newer one, update the graphics driver: mesa-vulkan-drivers for Intel and AMD, NVIDIA’s own for NVIDIA.',
        ];
  }
  if (chromium && system === 'Android') {
    return version < 121
      ? [`Update ${browser} to 121 or later, on Android 12 or later.`]
      : [`${browser} offers WebGPU on Android 12 and later with an ARM, Qualcomm or Intel GPU: use another device, or a desktop.`];
  }
  if (chromium && version < 113) return [`Update ${browser}: WebGPU is there from version 113 on.`];
  if (chromium) {
    return [
      `Open ${browser.toLowerCase()}://gpu and look at the line “WebGPU”. If it says “Disabled”, update the graphics driver.`,
      `In ${browser}’s settings, under System, switch on “Use graphics acceleration when available”.`,
    ];
  }
  if (browser === 'Firefox') {
    const since: Partial<Record<SystemName, number>> = { Windows: 141, macOS: 147 };
    const from = since[system];
    if (from !== undefined && version < from) return [`Update Firefox to ${from} or later.`];
    const setting = 'Open about:config and set dom.webgpu.enabled to true.';
    return from === undefined
      ? [setting, 'Or use Firefox Nightly, or Chrome 147 or later.']
      : [setting, 'Look at “WebGPU” in about:support.'];
  }
  if (browser === 'Safari') {
    return version < 26
      ? ['Update to Safari 26, which comes with macOS 26.', 'Or open this page in Chrome 113 or later.']
      : ['In Safari’s settings, under Feature Flags, switch WebGPU on.'];
  }
  return ['Open this page in Chrome or Edge 113, Firefox 141 or Safari 26, or a later version.'];
}

/** What to do if the browser computes WebGPU on the CPU. */
export function remediesForSoftware({ browser, system }: Platform): string[] {
  const remedies: string[] = [];
  if (browser === 'Firefox') remedies.push('In Settings, General, Performance, switch on “Use hardware acceleration when available”.');
  else if (browser === 'Chrome' || browser === 'Edge') {
    remedies.push(`In ${browser}’s settings, under System, switch on “Use graphics acceleration when available”.`);
  }
  if (system === 'Linux') {
    remedies.push('Install the Vulkan driver of your GPU (mesa-vulkan-drivers for AMD and Intel, NVIDIA’s own).');
    if (browser === 'Chrome' || browser === 'Edge') remedies.push(`Enable “Vulkan” under ${browser.toLowerCase()}://flags and restart.`);
  } else if (system === 'Windows') {
    remedies.push('Update the graphics driver. A remote desktop or a virtual machine often has no GPU at all.');
  } else {
    remedies.push('A virtual machine or a remote session often has no GPU: try on the machine itself.');
  }
  return remedies;
}

/** Where WebGPU is available by default: [browser, versions]. */
export const WEBGPU_BROWSERS = [
  ['Chrome, Edge', '113 on Windows, macOS and ChromeOS; 121 on Android; 147 on Linux (Intel, NVIDIA)'],
  ['Safari', '26 on macOS, iOS, iPadOS and visionOS 26'],
  ['Firefox', '141 on Windows, 147 on macOS (Apple silicon)'],
] as const;
