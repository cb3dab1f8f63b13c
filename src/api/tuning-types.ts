/** Options and results of measuring kernels. */

/** The fastest variant of each convolution on one GPU: plain JSON, made by `Model.tune` for `LoadOptions.tuning`. */
export interface Tuning {
  /** The GPU that was measured: vendor, architecture and description, as far as the browser tells them. */
  adapter?: string;
  /** Precision of the measured model. A table only applies to models with the same precision. */
  precision?: 'f32' | 'f16';
  /** Variant by shape: `{ '3x3/1x1 256>256 14x14': 'winograd4 tiled-8x4-16' }`. */
  variants: Record<string, string>;
  /** How the variants were found. `loadModel` ignores this. */
  measured?: TunedShape[];
}

/** The result of `tuning: 'auto'`. */
export interface TuningReport {
  /**
   * `waiting` for another model's measurement, `measuring`, then `measured`: stored for the next load. `kept`: everything was already known.
   * `coarse`: the clock is too coarse, so kernels are chosen without measuring. `stopped`: `why` has the reason.
   */
  state: 'waiting' | 'measuring' | 'measured' | 'kept' | 'coarse' | 'stopped';
  /** Kernels that were timed since this model was loaded. */
  timed: number;
  /** Shapes for which a kernel was faster than the default. */
  faster: number;
  /** Why it stopped, in a sentence. */
  why?: string;
}

/** The measurement of one shape of convolution. */
export interface TunedShape {
  /** Kernel and stride, channels in > out, [batch x] height x width of the output. */
  shape: string;
  /** Number of the network's convolutions with this shape. */
  layers: number;
  /** The variant without tuning. */
  default: string;
  /** The fastest variant. */
  winner: string;
  /** Microseconds of one convolution by `default`. */
  defaultUs: number;
  /** Microseconds of one convolution by `winner`. */
  winnerUs: number;
}

/** Options of `Model.tune`. */
export interface TuneOptions {
  /** Stops the measurement, which then rejects with `aborted`. */
  signal?: AbortSignal;
  /** Called with the number of convolutions timed so far, and the total. */
  onProgress?: (progress: {
    /** Timed so far. */
    loaded: number;
    /** To be timed. */
    total: number;
  }) => void;
}
