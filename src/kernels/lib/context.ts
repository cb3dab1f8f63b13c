/**
 * The context of lowerings: where values are, and how to allocate new ones and emit steps. It collects steps and blocks. Memory offsets
 * are assigned later (plan/plan.ts).
 */

import { nchw, product, size } from '../../graph/shape.ts';
import type { Shape } from '../../graph/types.ts';
import { ResnetError } from '../../util/errors.ts';
import type { ConvParams, ConvVariant } from './conv-params.ts';
import type { FusedOp } from './fused.ts';
import { BYTES_PER_GROUP, type DeviceProfile, type Dispatch, groupsOf, type Precision, type View } from './kernel.ts';
import type { LayoutKernels } from './layout.ts';
import { type PackRecipe, packedBytes } from './pack.ts';
import type { DerivedWeights, Operand, PlannedWeights, Step } from './step.ts';
import { mergeSlices } from './views.ts';

/** Memory for one or several values, not yet placed. */
export interface DraftBlock {
  pool: 'arena' | 'input' | 'output';
  bytes: number;
}

/** A value. With a view it is in the kernels' layout, without one it is dense float32, row-major. */
export interface Value {
  /** Index of the tensor in the plan. */
  tensor: number;
  shape: Shape;
  view?: View;
}

export interface ViewValue extends Value {
  view: View;
}

export interface DraftTensor {
  name: string;
  block: number;
  shape: Shape;
  view?: View;
}

/** The measured variant for a convolution on this GPU. `undefined` leaves the choice to the model. */
export type TunedVariant = (params: ConvParams, profile: DeviceProfile) => ConvVariant | undefined;

export interface PlanOptions {
  precision: Precision;
  profile: DeviceProfile;
  tuned?: TunedVariant;
}

export class LowerContext {
  readonly #layouts: LayoutKernels;
  readonly precision: Precision;
  readonly profile: DeviceProfile;
  readonly tuned: TunedVariant | undefined;
  readonly steps: Step[] = [];
  readonly blocks: DraftBlock[] = [];
  readonly tensors: DraftTensor[] = [];
  readonly weights: PlannedWeights[] = [];
  readonly derived: DerivedWeights[] = [];
  readonly #weightIndex = new Map<string, number>();
  readonly #values = new Map<string, Value>();
  /** The same values in dense form, by tensor. */
  readonly #dense = new Map<number, Value>();
  /** How the channels of a value must be sliced, because readers take slices of it. */
  readonly slicing = new Map<string, readonly number[]>();
  /** Where a value must be written, because it is part of a concat. */
  readonly placed = new Map<string, ViewValue>();

  /** @param layouts the kernels that convert values between layouts */
  constructor({ precision, profile, tuned }: PlanOptions, layouts: LayoutKernels) {
    this.#layouts = layouts;
    this.precision = precision;
    this.profile = profile;
    this.tuned = tuned;
  }

  define(name: string, value: Value): void {
    this.#values.set(name, value);
  }

  value(name: string): Value {
    const value = this.#values.get(name);
    if (!value)
      throw new ResnetError('config', 'is used before it is computed.', {
        layer: name,
        hint: 'This is a bug in the planner; please report it.',
      });
    return value;
  }

  /** The value in the kernels' layout, converted if necessary. */
  view(name: string): ViewValue {
    const value = this.value(name);
    if (value.view) return { ...value, view: value.view };
    const { n, c, h, w } = nchw(value.shape);
    const result = this.allocateView(name, value.shape, this.slicing.get(name) ?? [c]);
    this.emit(name, this.#layouts.fromNchw({ layer: name, shape: [n, c, h, w], output: result.view }, this.precision), [value, result]);
    this.#dense.set(result.tensor, value);
    this.define(name, result);
    return result;
  }

  /** The value with its channels in these slices. If necessary it is converted through its dense form. */
  sliced(name: string, slices: readonly number[]): ViewValue {
    const value = this.view(name);
    if (sameSlices(value.view.slices, slices)) return value;
    const { n, h, w } = value.view;
    const shape = [n, size(value.shape, 1), h, w] as const;
    const dense = this.dense(name);
    const result = this.allocateView(name, value.shape, slices);
    this.emit(name, this.#layouts.fromNchw({ layer: name, shape, output: result.view }, this.precision), [dense, result]);
    return result;
  }

  /** Gives a value the slices that its readers need, if its kernel kept the slices of its input. */
  settle(name: string): void {
    const slices = this.slicing.get(name);
    if (slices && this.value(name).view) this.define(name, this.sliced(name, slices));
  }

  /** Whether the value is the caller's tensor. */
  isInput(value: Value): boolean {
    return this.blocks[this.#blockOf(value)]?.pool === 'input';
  }

  /** The value as dense float32, row-major, converted if necessary. */
  dense(name: string): Value {
    const value = this.value(name);
    const { tensor, shape, view } = value;
    if (!view) return value;
    const known = this.#dense.get(tensor);
    if (known) return known;
    const result = this.allocateDense(name, shape);
    this.toDense(name, { tensor, shape, view }, result);
    this.#dense.set(tensor, result);
    return result;
  }

  toDense(name: string, from: ViewValue, to: Value): void {
    this.emit(name, this.#layouts.toNchw({ layer: name, input: from.view }, this.precision), [from, to]);
  }

  /** @param output position in `to` */
  copy({ node: { name, macs }, nodes }: FusedOp, from: ViewValue, to: ViewValue, output = to.view, firstImage = 0): void {
    const params = { layer: name, input: from.view, output, firstImage };
    this.emit(name, this.#layouts.copy(params, this.precision), [from, to], { node: { macs }, nodes });
  }

  /**
   * A new value for an operation's output. If it is part of a concat, it is placed there.
   * @param slices if the kernel can only write the slices of its input
   */
  output(op: FusedOp, shape: Shape, slices?: readonly number[]): ViewValue {
    const placed = this.placed.get(op.output);
    const wanted = this.slicing.get(op.output) ?? slices ?? [size(shape, 1)];
    const possible = slices && !sameSlices(slices, wanted) ? slices : wanted;
    const value = placed ?? this.allocateView(op.output, shape, possible);
    this.define(op.output, value);
    return value;
  }

  allocateView(name: string, shape: Shape, slices: readonly number[]): ViewValue {
    const { n, h, w } = nchw(shape);
    const stride = groupsOf(slices);
    const view: View = { n, h, w, slices, stride, offset: 0 };
    const block = this.blocks.push({ pool: 'arena', bytes: n * h * w * stride * BYTES_PER_GROUP[this.precision] }) - 1;
    return { tensor: this.#tensor({ name, block, shape, view }), shape, view };
  }

  allocateDense(name: string, shape: Shape, pool: DraftBlock['pool'] = 'arena'): Value {
    // Kernels may read whole vec4s beyond the last value.
    const bytes = Math.ceil(product(shape) / 4) * 16;
    const block = this.blocks.push({ pool, bytes }) - 1;
    return { tensor: this.#tensor({ name, block, shape }), shape };
  }

  aliasDense(name: string, of: Value, shape: Shape): Value {
    return { tensor: this.#tensor({ name, block: this.#blockOf(of), shape }), shape };
  }

  /** Another view of a value's memory. */
  alias(name: string, of: ViewValue, shape: Shape, view: View): ViewValue {
    return { tensor: this.#tensor({ name, block: this.#blockOf(of), shape, view }), shape, view };
  }

  #blockOf({ tensor }: Value): number {
    const { block } = this.tensors[tensor] ?? {};
    if (block === undefined) throw new Error(`the plan has no tensor ${tensor}`);
    return block;
  }

  #tensor(tensor: DraftTensor): number {
    return this.tensors.push(tensor) - 1;
  }

  usesWeights(layer: string, recipe: PackRecipe): Operand {
    const key = `${this.precision} ${JSON.stringify(recipe)}`;
    let index = this.#weightIndex.get(key);
    if (index === undefined) {
      index = this.weights.push({ key, layer, byteLength: packedBytes(recipe, this.precision), recipe }) - 1;
      this.#weightIndex.set(key, index);
    }
    return { kind: 'weights', weights: index };
  }

  /** A derived form of weights that a step uses. */
  derivesWeights(layer: string, from: Operand, { dispatch, byteLength }: Pick<DerivedWeights, 'dispatch' | 'byteLength'>): Operand {
    const planned = from.kind === 'weights' ? this.weights[from.weights] : undefined;
    if (!planned) throw new Error(`${layer} derives weights from what are none`);
    const { key } = planned;
    const derived: DerivedWeights = { key: `${dispatch.kernel} ${dispatch.variant} ${key}`, layer, byteLength, from: key, dispatch };
    const known = this.derived.findIndex((other) => other.key === derived.key);
    return { kind: 'derived', derived: known < 0 ? this.derived.push(derived) - 1 : known };
  }

  /** Adds a step. Operands are in the order of the dispatch's bindings. */
  emit(
    layer: string,
    dispatch: Dispatch,
    operands: (Value | Operand)[],
    op?: { node: { macs: number }; nodes: string[] },
    auxiliary?: boolean,
  ): void {
    this.steps.push({
      layer,
      dispatch: this.profile.avoid?.instead(dispatch) ?? dispatch,
      operands: operands.map((operand) => ('kind' in operand ? operand : { kind: 'tensor', tensor: operand.tensor })),
      // Steps that only prepare or move values count no multiply-adds.
      macs: op?.node.macs ?? 0,
      nodes: op?.nodes ?? [],
      ...(auxiliary && { auxiliary }),
    });
  }
}

function sameSlices(a: readonly number[], b: readonly number[]): boolean {
  return mergeSlices(a).join() === mergeSlices(b).join();
}
