/** Types of the public API: measurements, checks and explanations, and frames of a stream. */

import type { ImageSource } from './image-types.ts';

/** Where in an image the evidence for a class is: a class activation map (Zhou et al. 2016, https://arxiv.org/abs/1512.04150). */
export interface Explanation {
  /** Columns of the map: the input's width divided by the network's stride, 7 for 224 pixels. */
  width: number;
  /** Rows of the map. */
  height: number;
  /** The map, row-major, scaled to 0..1. It covers the preprocessed image, that is, the crop. */
  data: Float32Array;
  /** Index of the class among the logits. */
  classIndex: number;
}

/** Options of `Model.explain`. */
export interface ExplainOptions {
  /** Index of a class among the logits, from 0. Default: the most probable. */
  classIndex?: number;
}

/** Frames of a stream: a video, or a function that returns the newest frame, and undefined when there are no more. */
export type FrameSource = HTMLVideoElement | (() => ImageSource | undefined | Promise<ImageSource | undefined>);

/** The frame of a stream that a result is for. */
export interface FrameInfo {
  /** Counts the frames that were classified, from 0. */
  frame: number;
  /** How many frames were skipped so far, because two were in progress. */
  dropped: number;
  /** Milliseconds from reading the frame to its result. */
  latency: number;
}

/** How long each layer takes. */
export interface Profile {
  /** One row for each dispatch, in the order in which they run. */
  layers: {
    /** The layer, by its path (`layer3.0.conv2`). */
    name: string;
    /** The kernel that computes it: `conv`, `winograd`, `stem` … */
    kernel: string;
    /** The kernel's form, with tile and split. */
    variant: string;
    /** Multiply-adds; 0 if there are none worth counting. */
    macs: number;
    /** Microseconds, the mean of as many repetitions as the clock needs. */
    us: number;
    /** Two operations for each multiply-add, in 10^9 per second. */
    gflops: number;
    /** The layers of `graph()` that this dispatch completes, including those fused into it (norms, additions, activations). */
    nodes: string[];
  }[];
  /** Sum over all layers, in microseconds. A run takes less, because dispatches overlap. */
  totalUs: number;
  /** True if the device has no timestamps, so that wall time was measured. */
  estimated: boolean;
}

/** Whether this GPU computes what it should. */
export interface SelfTestReport {
  /** True if every layer is within its tolerance. */
  pass: boolean;
  /** Each layer, compared with plain JavaScript on the same inputs. */
  layers: {
    /** The layer, by its path. */
    name: string;
    /** The kernel that computes it. */
    kernel: string;
    /** Relative L2 error; at most 2e-5 in f32 and 2e-3 in f16 passes. */
    rel: number;
  }[];
  /** The first layer outside its tolerance, or `golden record` if results differ from those stored on conversion. Absent if all pass. */
  firstBad?: string;
  /** Markdown to paste into an issue: adapter, limits, variants, errors. */
  report: string;
}
