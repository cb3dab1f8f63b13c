/**
 * The definition of a kernel, for everybody who writes or runs one. Pure: no GPU types.
 *
 * A kernel is a shader in shaders/ (its README has the common rules), and a function here that turns parameters into a `Dispatch`:
 * the shader, its constants, the order of its buffers, its uniforms, and the number of workgroups. The GPU layer knows nothing else
 * about kernels.
 *
 * Rules for every shader: at most 6 storage bindings, 256 threads and 16 KiB of workgroup memory; no float atomics; only features that
 * the profile has; identical bits in every run; all indices in range, even in threads beyond the end of the grid.
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
   * Channels of each slice. Every slice starts a new group of 4, so that a concat of odd widths costs nothing. Most tensors have one
   * slice. Padding channels are zero.
   */
  slices: readonly number[];
  /** Groups from one pixel to the next. */
  stride: number;
  /** First group of the view within a pixel. */
  offset: number;
}

/** Number of groups of 4 channels in a view, including padding. */
export function groupsOf(slices: readonly number[]): number {
  return slices.reduce((groups, channels) => groups + Math.ceil(channels / 4), 0);
}

export function channelsOf(slices: readonly number[]): number {
  return slices.reduce((sum, channels) => sum + channels, 0);
}

/** Physical position (in channels, including padding) of every logical channel. */
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
  /** The kernel's name in a profile: the shader's file name without `.wgsl`. */
  kernel: string;
  /** Text of the shader file, with its imports. */
  shader: string;
  /** Replacements of modules, by path (`lib::block`). These forms are not in the core. */
  modules?: Record<string, string>;
  /** The form of the kernel, for profile and tests: `4x16`. */
  variant: string;
  /** Label of the pipeline. Default: kernel, variant and precision. */
  label?: string;
  precision: Precision;
  /** Each becomes `const NAME = value;` before the shader text. Integers become u32. */
  constants: Record<string, Constant>;
  /** Storage buffers at binding 1, 2, … of group 0, in order. (`texture` is a float texture, which only image kernels read.) */
  bindings: ('read' | 'write' | 'texture')[];
  /** The end of its arithmetic, by `ending` of epilogue.ts. */
  ends?: Ends;
  /**
   * The shader's `Params` after its first field `step`, by name and in its order (a test checks this). Written once, when the plan is made.
   * Each has 32 bits: unsigned integers unchanged, floats by `floatBits`, negative integers by `>>> 0`.
   */
  uniforms: Readonly<Record<string, number>>;
  workgroups: [number, number, number];
}

/** What a dispatch does at the end of its arithmetic. The planner compares it with what fusion asked for. */
export interface Ends {
  activation: string;
  residual: boolean;
  /** The same as the dispatch's. */
  modules?: Record<string, string>;
}

/** A dispatch of a kernel with an epilogue. */
export type EndedDispatch = Dispatch & { ends: Ends };

export const WORKGROUP = 64;

/** Workgroups are numbered x + y * MAX_GRID, because an axis is limited to 65 535. */
export const MAX_GRID = 32768;

/** Limit of every axis of a dispatch on any device: WebGPU's default of `maxComputeWorkgroupsPerDimension`. */
const MAX_WORKGROUPS = 65535;

/**
 * Workgroups along x, y and z. A dispatch beyond WebGPU's limit is dropped with an error that no caller sees, and the output stays
 * zero. So every dispatch gets its counts from here, `grid` or `rowGrid`.
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
 * The grid for `threads` invocations in workgroups of `size`. Uses y if x is not enough.
 * Shaders get the number of a thread from `linear_id` of shaders/lib/grid.wgsl.
 */
export function grid(layer: string, threads: number, size = WORKGROUP, z = 1): [number, number, number] {
  const groups = Math.max(1, Math.ceil(threads / size));
  return groups <= MAX_GRID ? workgroups(layer, groups, 1, z) : workgroups(layer, MAX_GRID, Math.ceil(groups / MAX_GRID), z);
}

/**
 * The grid with one invocation for each group of 4 channels of every pixel of `output`: columns and channels along x, rows along y,
 * images along z. This saves the threads two divisions.
 */
export function rowGrid(layer: string, output: View): [number, number, number] {
  return workgroups(layer, Math.ceil((output.w * requireGroups(layer, output)) / WORKGROUP), output.h, output.n);
}

/** One thread for each group of 4 channels. Images are along z. */
export function elementGrid(layer: string, groups: number, output: View): [number, number, number] {
  return grid(layer, output.h * output.w * groups, WORKGROUP, output.n);
}

const word = new DataView(new ArrayBuffer(4));

/** The bits of a float32 as an unsigned integer, for uniforms that a shader declares as f32. */
export function floatBits(value: number): number {
  word.setFloat32(0, value);
  return word.getUint32(0);
}

/** Kernels for software adapters. GPUs never need these shader texts. */
export interface ProcessorKernels {
  /** conv-serial.wgsl */
  conv: string;
  /** stem-serial.wgsl */
  stem: string;
  /** Whether there are subgroups of 4 that workgroups fill in order, and the feature is enabled. */
  quads: boolean;
}

/** What differs from a device without faults. */
export interface Avoid {
  /** Whether a form is excluded: a variant of a convolution (conv/variant.ts), or another family's kernel that has several forms. */
  isOut: (form: string) => boolean;
  /** Variants for convolutions for which none is left. */
  spare: readonly string[];
  /** The dispatch, or its replacement. */
  instead: (dispatch: Dispatch) => Dispatch;
  /** The profile's values before. */
  before: Pick<DeviceProfile, 'f16Arithmetic' | 'processor'>;
}

/** Tiles and features of a class of GPUs, found from the adapter's info (gpu/device-profile.ts). */
export interface DeviceProfile {
  name: 'software' | 'amd' | 'intel' | 'nvidia' | 'apple' | 'mobile' | 'unknown';
  /** Compute units to fill. A tile is too large if it leaves fewer workgroups than a few times this. */
  computeUnits: number;
  /** Kernels for software adapters, once fetched (processor.ts). */
  processor?: ProcessorKernels;
  /** Multiply-adds of one unit in a microsecond, if measured (tuning/probe.ts). */
  rate?: number;
  /** Makes a convolution's dispatch use f16 arithmetic (conv/f16-arithmetic.ts). Present if that is available and wanted. */
  f16Arithmetic?: (packed: Dispatch) => Dispatch;
  /** Whether only layers whose variant's name says so use f16 arithmetic. Otherwise all layers that can use it. */
  f16ByName?: boolean;
  /** Memory is short: no second form of any weights. */
  lean?: boolean;
  /** Set once this device has refused or miscomputed something (kernels/avoid.ts). */
  avoid?: Avoid;
}

/** A shader text that is only fetched for some devices. */
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
