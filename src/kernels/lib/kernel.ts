/**
 * What a kernel is, for everybody who writes or runs one. Pure: no GPU types.
 *
 * A kernel is a shader in shaders/ (its README says what all of them have in common) and a function here that turns parameters into a `Dispatch`: which
 * shader, which constants, which buffers in which order, which uniforms, how many workgroups. The GPU layer knows
 * nothing else about kernels.
 *
 * Rules that every shader keeps: at most 6 storage bindings, 256 threads, 16 KiB workgroup memory; no float atomics;
 * no feature needed but what a profile says; bit-identical from run to run; indices in range even in the threads past the end of the grid.
 */
import { ResnetError } from '../../util/errors.ts';

export type Precision = 'f32' | 'f16';

/**
 * A [n, c, h, w] tensor in memory: NHWC, channels in groups of 4 (one vec4 of f32, or two u32 of packed f16 values).
 * Element (n, y, x, group g) is item `((n*h + y)*w + x) * stride + offset + g` of its buffer.
 */
export interface View {
  n: number;
  h: number;
  w: number;
  /**
   * Channels of each slice; every slice begins on a group of 4 of its own, so that a concat of odd widths stays free.
   * Most tensors have one slice. Padding channels hold zeros.
   */
  slices: readonly number[];
  /** Groups from one pixel to the next. */
  stride: number;
  /** First group of the view within a pixel. */
  offset: number;
}

/** Groups of 4 channels that a view spans, padding included. */
export function groupsOf(slices: readonly number[]): number {
  return slices.reduce((groups, channels) => groups + Math.ceil(channels / 4), 0);
}

export function channelsOf(slices: readonly number[]): number {
  return slices.reduce((sum, channels) => sum + channels, 0);
}

/** Physical position (in channels, padding included) of every logical channel. */
export function channelMap(slices: readonly number[]): Uint32Array {
  const map = new Uint32Array(channelsOf(slices));
  let logical = 0;
  let physical = 0;
  for (const channels of slices) {
    for (let c = 0; c < channels; c++) map[logical++] = physical + c;
    physical += Math.ceil(channels / 4) * 4;
  }
  return map;
}

export function denseView(n: number, c: number, h: number, w: number): View {
  const groups = Math.ceil(c / 4);
  return { n, h, w, slices: [c], stride: groups, offset: 0 };
}

export const BYTES_PER_GROUP: Record<Precision, number> = { f32: 16, f16: 8 };

export type Constant = number | boolean;

export interface Dispatch {
  /** The kernel's name in a profile: that of the shader file, without `.wgsl`. */
  kernel: string;
  /** Text of the shader file, with its imports. */
  shader: string;
  /** Texts that take the place of modules, by path (`lib::block`): forms that are not in the core. */
  modules?: Record<string, string>;
  /** Which form of the kernel, for profile and tests: `4x16`. */
  variant: string;
  /** What the pipeline is called, where it is not kernel, variant and precision. */
  label?: string;
  precision: Precision;
  /** Become `const NAME = value;` before the shader text; integers become u32. */
  constants: Record<string, Constant>;
  /** Storage buffers (`texture`: a float texture, which only image kernels read) at binding 1, 2, … of group 0, in order. */
  bindings: ('read' | 'write' | 'texture')[];
  /** What it does after its arithmetic, by `ending` of epilogue.ts. */
  ends?: Ends;
  /**
   * The shader's `Params` after its first field `step`, by name and in its order (a test compares); written once, when the plan is made. Each is 32 bits:
   * an unsigned integer as it is, a float by `floatBits`, a negative integer as `>>> 0` makes it.
   */
  uniforms: Readonly<Record<string, number>>;
  workgroups: [number, number, number];
}

/** What a dispatch does after its arithmetic; the planner compares it with what fusion wanted. */
export interface Ends {
  activation: string;
  residual: boolean;
  /** As those of the dispatch. */
  modules?: Record<string, string>;
}

/** Of a kernel that is asked for an epilogue. */
export type EndedDispatch = Dispatch & { ends: Ends };

export const WORKGROUP = 64;

/** Workgroups are numbered x + y * MAX_GRID, since one axis ends at 65 535. */
export const MAX_GRID = 32768;

/** Of every axis of a dispatch, on any device: WebGPU's default limit `maxComputeWorkgroupsPerDimension`. */
const MAX_WORKGROUPS = 65535;

/**
 * Workgroups along x, y and z. WebGPU drops a dispatch beyond the limit with an error that no caller sees, and zeros stay in
 * the output: every dispatch's counts come from here, `grid` or `rowGrid`.
 */
export function workgroups(layer: string, x: number, y = 1, z = 1): [number, number, number] {
  if (Math.max(x, y, z) > MAX_WORKGROUPS) {
    throw new ResnetError('device-limits', `needs ${x}x${y}x${z} workgroups, but WebGPU has at most ${MAX_WORKGROUPS} along an axis.`, {
      layer,
      hint: 'Use a smaller batch or image.',
    });
  }
  return [x, y, z];
}

/**
 * The grid for `threads` invocations in workgroups of `size`: folded over y where x does not suffice.
 * Shaders get their number back with `linear_id` of shaders/lib/grid.wgsl.
 */
export function grid(layer: string, threads: number, size = WORKGROUP, z = 1): [number, number, number] {
  const groups = Math.max(1, Math.ceil(threads / size));
  return groups <= MAX_GRID ? workgroups(layer, groups, 1, z) : workgroups(layer, MAX_GRID, Math.ceil(groups / MAX_GRID), z);
}

/**
 * The grid for one invocation a group of 4 channels of every pixel of `output`: workgroups along x and channels (x), rows
 * (y), images (z), which spares the threads two divisions.
 */
export function rowGrid(layer: string, output: View): [number, number, number] {
  return workgroups(layer, Math.ceil((output.w * requireGroups(layer, output)) / WORKGROUP), output.h, output.n);
}

/** One thread a group of 4 channels; images along z. */
export function elementGrid(layer: string, groups: number, output: View): [number, number, number] {
  return grid(layer, output.h * output.w * groups, WORKGROUP, output.n);
}

const word = new DataView(new ArrayBuffer(4));

/** The bits of a float32 as an unsigned integer, for a uniform that the shader declares as f32. */
export function floatBits(value: number): number {
  word.setFloat32(0, value);
  return word.getUint32(0);
}

/** Kernels for processors that play GPU: shader texts that a GPU never needs. */
export interface ProcessorKernels {
  /** conv-serial.wgsl */
  conv: string;
  /** stem-serial.wgsl */
  stem: string;
  /** Whether there are subgroups of 4 that workgroups fill in order, and the feature is enabled. */
  quads: boolean;
}

/** What goes otherwise than it would on a device without faults. */
export interface Avoid {
  /** Whether a form is out: a variant of a convolution (conv/variant.ts), or a kernel of another family that has forms. */
  isOut: (form: string) => boolean;
  /** Variants for convolutions that have none left. */
  spare: readonly string[];
  /** The dispatch, or what stands in for it. */
  instead: (dispatch: Dispatch) => Dispatch;
  /** What the profile had before. */
  before: Pick<DeviceProfile, 'halves' | 'processor'>;
}

/** How a class of GPUs wants its tiles; picked from adapter info (gpu/profile.ts). */
export interface DeviceProfile {
  name: 'software' | 'amd' | 'intel' | 'nvidia' | 'apple' | 'mobile' | 'unknown';
  /** Compute units to fill: a tile is too large where it leaves fewer workgroups than a few times this. */
  computeUnits: number;
  /** What processors run, once it is there (processor.ts). */
  processor?: ProcessorKernels;
  /** Multiply-adds a microsecond of one unit, where it was measured (tuning/probe.ts). */
  rate?: number;
  /** If there is f16 arithmetic, and it is wanted: makes a convolution's dispatch use it (conv/halves.ts). */
  halves?: (packed: Dispatch) => Dispatch;
  /** Whether only layers whose variant is named so use f16 arithmetic; otherwise all that can do. */
  halvesByName?: boolean;
  /** Memory is short: no second form of any weights. */
  lean?: boolean;
  /** Once this device has refused or miscomputed something (kernels/avoid.ts): */
  avoid?: Avoid;
}

/** A text that is fetched for some devices. */
export function requireShader(text: string | undefined, kernel: string): string {
  if (text === undefined) throw new Error(`the shader of ${kernel} was not fetched`);
  return text;
}

export function requireGroups(layer: string, view: View): number {
  const groups = groupsOf(view.slices);
  if (view.offset + groups > view.stride) {
    throw new ResnetError('shape', `view of ${groups} groups at ${view.offset} does not fit a pixel of ${view.stride}.`, {
      layer,
      hint: 'This is a bug in the planner; please report it.',
    });
  }
  return groups;
}
