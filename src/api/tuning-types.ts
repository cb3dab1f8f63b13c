/** What measuring kernels takes and gives. */

/** The fastest variant of each convolution on one GPU; plain JSON, made by `Model.tune` for `LoadOptions.tuning`. */
export interface Tuning {
  /** The GPU that was measured: vendor, architecture and description, as far as the browser tells them. */
  adapter?: string;
  /** Of the model that was measured; a table is for models of the same. */
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
  /** What stopped it, in a sentence. */
  why?: string;
}

/** What was measured of one shape of convolution. */
export interface TunedShape {
  /** Kernel and stride, channels in > out, [batch x] height x width of the output. */
  shape: string;
  /** Convolutions of the network that have it. */
  layers: number;
  /** The variant that it would get without tuning. */
  default: string;
  /** The fastest variant. */
  winner: string;
  /** Microseconds of one convolution by `default`. */
  defaultUs: number;
  /** Microseconds of one convolution by `winner`. */
  winnerUs: number;
}

/** What `Model.tune` takes. */
export interface TuneOptions {
  /** Stops the measurement, which then rejects with `aborted`. */
  signal?: AbortSignal;
  /** How many convolutions have been timed, of how many. */
  onProgress?: (progress: {
    /** Timed so far. */
    loaded: number;
    /** To be timed. */
    total: number;
  }) => void;
}
