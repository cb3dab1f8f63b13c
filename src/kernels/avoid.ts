/**
 * What a device cannot run: kernels that its driver refused, or that computed something else. Plans are made without them. A convolution
 * or a stem uses its next best form (by the cost model if it has one), and at last a plain kernel (plain/dispatch.ts). Everything else
 * uses its plain kernel immediately. If one form of a class fails, the others of that class are not tried either. Pure, and fetched only
 * when something failed.
 */
import type { Avoid, DeviceProfile, Dispatch } from './lib/kernel.ts';
import type { Step } from './lib/step.ts';
import { needsOf } from './needs.ts';
import { hasPlain, isPlain, keepsGrid, plainOf } from './plain/dispatch.ts';

/** Identifies the kernel that a verdict is about, whatever the layer. */
export type Form = Pick<Dispatch, 'kernel' | 'variant' | 'constants'>;

export type KernelClass = 'f16' | 'subgroups' | 'winograd' | 'split' | 'tiled';

/** What plans avoid, in words. */
const NAMES: Record<KernelClass, string> = {
  f16: 'arithmetic in f16',
  subgroups: 'subgroups',
  winograd: 'Winograd convolutions',
  split: 'split sums',
  tiled: 'tiles in workgroup memory',
};

/** Variants for when none of the device's own are left. These are known to run on most devices. */
const SPARE = ['direct-1x16-16-64', 'direct-1x8-16-64', 'direct-2x16-16-64', 'direct-2x8-4-16', 'tiled-8x4-16', 'tiled-4x4-32'];

/** The class that is excluded when this form fails. If there are several, the one whose loss costs least. */
export function classOf({ kernel, variant, constants }: Form): KernelClass | undefined {
  if (constants.F16_MATH === true) return 'f16';
  if (constants.SUBGROUPS === true) return 'subgroups';
  if (kernel.startsWith('winograd') || variant.startsWith('winograd')) return 'winograd';
  if (kernel === 'conv-sum') return 'split';
  return kernel.endsWith('-tiled') ? 'tiled' : undefined;
}

/** No kernel uses more threads. Core WebGPU guarantees them. */
const MAX_THREADS = 256;

/** Kernels whose variants are chosen by name. */
export function isConv({ kernel }: Pick<Dispatch, 'kernel'>): boolean {
  return /^conv(-tiled|-serial)?$/.test(kernel);
}

/** The name of a form where it is chosen (`Avoid.isOut`). Otherwise the kernel and its variant. */
function formOf({ kernel, variant }: Pick<Dispatch, 'kernel' | 'variant'>): string {
  if (isConv({ kernel })) return variant;
  return kernel.startsWith('stem-') ? kernel : `${kernel}/${variant}`;
}

/** All forms of a convolution count as one operation, including the passes that they consist of. So do all forms of a first convolution. */
function familyOf({ kernel }: Pick<Dispatch, 'kernel'>): string {
  return /^(conv|winograd)/.test(kernel) ? 'conv' : /^stem\b/.test(kernel) ? 'stem' : kernel;
}

/** Whether a verdict about one dispatch also applies to the other. */
function isOne(a: Form, b: Form): boolean {
  return classOf(a) === classOf(b) && (classOf(a) !== undefined || formOf(a) === formOf(b));
}

/** Makes a plan of a network. */
export type PlanOn = (profile: DeviceProfile, shape: number[], outputs: string[]) => Planned;

interface Planned {
  readonly steps: readonly Pick<Step, 'layer' | 'dispatch'>[];
  /** The dispatches that derive weights, each once. */
  readonly derived: readonly Pick<Step, 'layer' | 'dispatch'>[];
}

/** What was excluded, in order, and whether everything that computes the same is excluded, too. */
type Added = readonly [form: Form, reason: string, isFamily: boolean];

export class Avoided {
  /** The reason, and the form. */
  readonly #classes = new Map<KernelClass, [Form, string]>();
  readonly #forms = new Map<string, string>();
  readonly #added: Added[] = [];
  /** Kernels by purpose. Only the plain kernel replaces them. */
  readonly #families = new Map<string, string>();
  /** Limit of threads in a workgroup. */
  #maxThreads = Number.POSITIVE_INFINITY;
  /** What was replaced outside of plans. */
  readonly #alone = new Map<string, [Dispatch, Dispatch]>();

  /**
   * From now on excludes the dispatch and the others of its class.
   * @param reason in words, for warnings
   * @returns false if nothing else can replace it
   */
  add(dispatch: Form, reason: string): boolean {
    const found = classOf(dispatch);
    if (isPlain(dispatch) || !(found || isConv(dispatch) || hasPlain(dispatch))) return false;
    this.#added.push([dispatch, reason, false]);
    if (found) this.#classes.set(found, this.#classes.get(found) ?? [dispatch, reason]);
    else this.#forms.set(formOf(dispatch), reason);
    return true;
  }

  /**
   * Excludes everything that computes the same as the dispatch, except for the plain kernel. After a lost device nothing similar is
   * tried. Returns false if the dispatch is plain itself.
   */
  addFamily(dispatch: Form, reason: string): boolean {
    if (isPlain(dispatch)) return false;
    const family = familyOf(dispatch);
    if (this.#families.has(family)) return true;
    this.#added.push([dispatch, reason, true]);
    this.#families.set(family, reason);
    return true;
  }

  /** Excludes kernels with more threads in a workgroup than a device allows. Plain kernels have 64. */
  keepWithin(threads: number): void {
    this.#maxThreads = threads;
  }

  /** A copy for a trial. */
  copy(): Avoided {
    const copy = new Avoided();
    copy.keepWithin(this.#maxThreads);
    copy.#addAll(this.#added);
    return copy;
  }

  #addAll(all: readonly Added[]): void {
    for (const [form, reason, isFamily] of all) {
      if (isFamily) this.addFamily(form, reason);
      else this.add(form, reason);
    }
  }

  /** Why the dispatch is excluded, and the class that is excluded with it. `undefined` if it is not. */
  reasonOf(dispatch: Form | Dispatch): string | undefined {
    if ('shader' in dispatch && this.#maxThreads < MAX_THREADS) {
      const { threads } = needsOf(dispatch);
      if (threads > this.#maxThreads) return `it takes ${threads} threads in a workgroup, and this device has ${this.#maxThreads}`;
    }
    const family = this.#families.get(familyOf(dispatch));
    if (family !== undefined) return family;
    const found = classOf(dispatch);
    const form = formOf(dispatch);
    const whole = found && this.#classes.has(found) ? found : this.#classOut(form);
    const first = whole && this.#classes.get(whole);
    if (!first || (found !== whole && this.#forms.has(form))) return this.#forms.get(form);
    const [culprit, reason] = first;
    const group = nameOf(culprit) === nameOf(dispatch) ? '' : `left out with ${nameOf(culprit)}: `;
    return `${group}${reason}, and with it this device goes without ${NAMES[whole]}`;
  }

  #classOut(form: string): KernelClass | undefined {
    if (this.#classes.has('f16') && form.startsWith('f16 ')) return 'f16';
    if (this.#classes.has('winograd') && form.startsWith('winograd')) return 'winograd';
    if (this.#classes.has('split') && /(direct|tiled|serial)-\S+\/\d+$/.test(form)) return 'split';
    return this.#classes.has('tiled') && /\b(?:stem-)?tiled\b/.test(form) ? 'tiled' : undefined;
  }

  /** The profile that plans are made with. */
  adapt(profile: DeviceProfile): DeviceProfile {
    const { f16Arithmetic, processor } = bare(profile);
    const avoid: Avoid = {
      isOut: (form) =>
        this.#forms.has(form) || this.#families.has(/^stem\b/.test(form) ? 'stem' : 'conv') || this.#classOut(form) !== undefined,
      spare: SPARE,
      instead: (dispatch) => (this.reasonOf(dispatch) === undefined ? dispatch : (plainOf(dispatch) ?? dispatch)),
      before: { f16Arithmetic, processor },
    };
    return {
      ...profile,
      avoid,
      ...((this.#classes.has('f16') || this.#families.has('conv')) && { f16Arithmetic: undefined }),
      ...(processor && this.#classes.has('subgroups') && { processor: { ...processor, quads: false } }),
    };
  }

  /** The replacement for a dispatch, with the same grid, wherever it is used. */
  sameGrid(dispatch: Dispatch): Dispatch {
    const plain = keepsGrid(dispatch) && this.reasonOf(dispatch) !== undefined ? plainOf(dispatch) : undefined;
    if (plain && isAlone(dispatch)) this.#alone.set(formOf(dispatch), [dispatch, plain]);
    return plain ?? dispatch;
  }

  /**
   * Describes what runs instead of what was excluded.
   * @param keys of the plans in use: the input's shape (`1x3x224x224`), a space, the outputs separated by commas
   */
  replaced(profile: DeviceProfile, keys: readonly string[], planOn: PlanOn): string[] {
    const all = (device: DeviceProfile) =>
      [...new Set(keys)].flatMap((key) => {
        const [shape = '', outputs = ''] = key.split(' ');
        const { steps, derived } = planOn(device, shape.split('x').map(Number), outputs.split(','));
        return [...steps, ...derived];
      });
    const after = all(profile);
    const groups = new Map<string, string[]>();
    const note = (layer: string, out: Dispatch, kernels: readonly Dispatch[]) => {
      const text = `${nameOf(out)}: ${this.reasonOf(out)}. In its place: ${[...new Set(kernels.map(nameOf))].join(', ')}.`;
      groups.set(text, [...new Set([...(groups.get(text) ?? []), layer])]);
    };
    for (const { layer, dispatch } of this.#before(bare(profile), all)) {
      if (this.reasonOf(dispatch) === undefined) continue;
      note(
        layer,
        dispatch,
        after.filter((step) => step.layer === layer).map((step) => step.dispatch),
      );
    }
    for (const [dispatch, plain] of this.#alone.values()) note(dispatch.kernel.startsWith('image') ? 'image' : 'top-k', dispatch, [plain]);
    return [...groups].map(([text, layers]) => `[${layers.join(', ')}] ${text}`);
  }

  /** Steps of the plans for the device without faults, and of plans with exclusions that were added later, since those may be replacements. */
  #before(profile: DeviceProfile, stepsOn: (profile: DeviceProfile) => Planned['steps']): Planned['steps'] {
    const steps = [...stepsOn(profile)];
    const earlier = new Avoided();
    for (const added of this.#added) {
      if (!isAlone(added[0]) && !steps.some(({ dispatch }) => isOne(dispatch, added[0]))) steps.push(...stepsOn(earlier.adapt(profile)));
      earlier.#addAll([added]);
    }
    return steps;
  }
}

/** Kernels outside of plans: those of images and of the ranking. */
export function isAlone({ kernel }: Pick<Dispatch, 'kernel'>): boolean {
  return /^(image-|top-k)/.test(kernel);
}

/** The profile without exclusions. */
export function bare(profile: DeviceProfile): DeviceProfile {
  return profile.avoid ? { ...profile, ...profile.avoid.before, avoid: undefined } : profile;
}

function nameOf({ kernel, variant }: Form): string {
  return isPlain({ kernel }) ? kernel : `${kernel}/${variant}`;
}
