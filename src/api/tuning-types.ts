/** What measuring kernels takes and gives. */

/** The fastest variant of each convolution on one GPU; plain JSON. */
export interface Tuning {
  /** Vendor, architecture and description, of which there may be none. */
  adapter?: string;
  precision?: 'f32' | 'f16';
  /** Variant by shape: `{ '3x3/1x1 256>256 14x14': 'winograd4 tiled-8x4-16' }`. */
  variants: Record<string, string>;
  /** How the variants were found; of no consequence to `loadModel`. */
  measured?: TunedShape[];
}

/** What came of `tuning: 'auto'`. */
export interface TuningReport {
  /**
   * `waiting` for another model's measurement, `measuring`, then `measured`: kept for the next load. `kept`: all was known already. `coarse`: the clock tells
   * nothing, and the kernels stay those that are chosen without measuring. `stopped`: `why` says by what.
   */
  state: 'waiting' | 'measuring' | 'measured' | 'kept' | 'coarse' | 'stopped';
  /** Kernels that were timed in this model's life. */
  timed: number;
  /** Shapes of which another kernel than the usual one was faster. */
  faster: number;
  why?: string;
}

export interface TunedShape {
  /** Kernel and stride, channels in > out, [batch x] height x width of the output. */
  shape: string;
  /** Convolutions of the network that have it. */
  layers: number;
  /** What it would get without tuning. */
  default: string;
  winner: string;
  /** Microseconds of one convolution. */
  defaultUs: number;
  winnerUs: number;
}

export interface TuneOptions {
  signal?: AbortSignal;
  /** How many convolutions have been timed, of how many. */
  onProgress?: (progress: { loaded: number; total: number }) => void;
}
