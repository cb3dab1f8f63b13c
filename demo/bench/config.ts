/** What a benchmark measures, as in a link or a command. */
import { isRuntime, type RuntimeId } from './runtimes.ts';

export interface BenchConfig {
  /** Names of architectures, such as `resnet50`. */
  models: string[];
  runtimes: RuntimeId[];
  batches: number[];
  /** `golden`: the network for which PyTorch computed logits, if there is one, otherwise random; `random`; or the address of a checkpoint. */
  weights: string;
  seed: number;
  /** Height and width. Undefined means the model's own. */
  size: number | undefined;
  /** Timed warm inferences of each runtime. */
  rounds: number;
  /** Untimed inferences before these, for at most two seconds. */
  warmups: number;
  /** Limit in seconds of warm inferences for one runtime with one network. At least one is timed. */
  seconds: number;
  /** Measure the adapter's multiply-adds and copies per second. */
  peaks: boolean;
  /** Time each layer of this library. */
  layers: boolean;
  /** Start immediately. */
  run: boolean;
}

export const DEFAULTS: BenchConfig = {
  models: ['resnet18'],
  runtimes: ['ours', 'litert-webgpu', 'ort-webgpu', 'tfjs-webgpu'],
  batches: [1],
  weights: 'golden',
  seed: 1,
  size: undefined,
  rounds: 30,
  warmups: 20,
  seconds: 60,
  peaks: true,
  layers: true,
  run: false,
};

const LIMITS = { rounds: [1, 1000], warmups: [0, 1000], seconds: [1, 3600], seed: [0, 0xffffffff], size: [8, 2048] } as const;

/** `#models=resnet18,resnet50&rounds=10`: only what differs from the defaults. */
export function formatConfig(config: BenchConfig): string {
  const query = new URLSearchParams();
  const put = (key: keyof BenchConfig, value: string, usual: string) => value !== usual && query.set(key, value);
  for (const key of ['models', 'runtimes', 'batches'] as const) put(key, config[key].join(','), DEFAULTS[key].join(','));
  for (const key of ['weights', 'seed', 'rounds', 'warmups', 'seconds'] as const) put(key, String(config[key]), String(DEFAULTS[key]));
  if (config.size !== undefined) query.set('size', String(config.size));
  for (const key of ['peaks', 'layers', 'run'] as const) put(key, config[key] ? '1' : '0', DEFAULTS[key] ? '1' : '0');
  // Commas are allowed in a fragment, and people read these links.
  return query.toString().replaceAll('%2C', ',');
}

/** Any link gives a benchmark that can run. Invalid values get their defaults. */
export function parseConfig(fragment: string): BenchConfig {
  const query = new URLSearchParams(fragment.replace(/^#/, ''));
  const list = (key: string) => [...new Set((query.get(key) ?? '').split(',').map((item) => item.trim()))].filter((item) => item !== '');
  const number = (key: keyof typeof LIMITS, usual: number) => {
    const [least, most] = LIMITS[key];
    const value = Number(query.get(key) || Number.NaN);
    return Number.isInteger(value) && value >= least && value <= most ? value : usual;
  };
  const flag = (key: 'peaks' | 'layers' | 'run') => (query.has(key) ? query.get(key) !== '0' : DEFAULTS[key]);
  const orDefault = <T>(items: T[], usual: T[]) => (items.length > 0 ? items : [...usual]);
  return {
    models: orDefault(list('models'), DEFAULTS.models),
    runtimes: orDefault(list('runtimes').filter(isRuntime), DEFAULTS.runtimes),
    batches: orDefault(
      list('batches')
        .map(Number)
        .filter((batch) => Number.isInteger(batch) && batch >= 1 && batch <= 64),
      DEFAULTS.batches,
    ),
    weights: query.get('weights')?.trim() || DEFAULTS.weights,
    seed: number('seed', DEFAULTS.seed),
    size: query.has('size') ? number('size', 0) || undefined : undefined,
    rounds: number('rounds', DEFAULTS.rounds),
    warmups: number('warmups', DEFAULTS.warmups),
    seconds: number('seconds', DEFAULTS.seconds),
    peaks: flag('peaks'),
    layers: flag('layers'),
    run: flag('run'),
  };
}
