/** Attributes of PyTorch's modules as numbers, in whatever form they are written. */
import type { Block } from './blocks.ts';
import type { ModuleTree } from './reading.ts';
import type { Layer } from './tree-layers.ts';
import { layersIn, pathOf } from './trunk.ts';
import type { ModuleInfo } from './types.ts';

/** Of a convolution or a pooling. Only square ones. */
export interface Facts {
  path: string;
  type: string;
  kernel: number;
  stride: number;
  padding: number;
  dilation: number;
  ceilMode: boolean;
  /** Whether averages count the zero padding. */
  counts: boolean;
  /** Number of taps of a blur. */
  filter?: number;
  /** Whether it is PyTorch's own class with zero padding. */
  plain: boolean;
}

export interface NormFacts {
  path: string;
  kind: 'batch' | 'group' | 'instance';
  eps: number;
  groups: number;
  /** A description in words. */
  text: string;
}

const POOL = /^(Max|Avg|LP|FractionalMax)Pool2d|^Blur/;
const ACTIVATION = /(ReLU|ELU|SiLU|GELU|Swish|Mish|Sigmoid|Tanh|Softplus|SwishMe|SwishJit)\w*$/i;
/** Names of the functions in TorchScript and torch.export. */
const FUNCTIONS = /^(relu6?|leaky_relu|silu|gelu|elu|selu|celu|mish|hardswish|hardtanh|tanh|softplus|prelu|rrelu)$/;

export class Modules {
  readonly #modules: ModuleTree;
  constructor(modules: ModuleTree | undefined) {
    this.#modules = modules ?? new Map();
  }

  conv(layer: Layer): Facts | undefined {
    const info = this.#modules.get(layer.path);
    const facts = info && factsOf(layer.path, info, layer.shape[2] ?? 1);
    // Of a program whose text was not understood.
    return info && 'stride' in info.attributes ? facts : undefined;
  }

  /** For layers that are known to have facts. */
  sure(layer: Layer): Facts {
    return this.conv(layer) ?? factsOf(layer.path, { type: 'Conv2d', attributes: {} }, layer.shape[2] ?? 1);
  }

  norm({ path }: Layer): NormFacts | undefined {
    const info = this.#modules.get(path);
    const kind = /Batch|Sync/.test(info?.type ?? '')
      ? 'batch'
      : /Group/.test(info?.type ?? '')
        ? 'group'
        : /Instance/.test(info?.type ?? '')
          ? 'instance'
          : undefined;
    const { eps, num_groups } = info?.attributes ?? {};
    if (kind === undefined || typeof eps !== 'number' || (kind === 'group' && typeof num_groups !== 'number')) return undefined;
    const groups = kind === 'group' ? Number(num_groups) : 1;
    return { path, kind, eps, groups, text: `${info?.type}${kind === 'group' ? ` of ${groups} groups` : ''} with eps ${eps}` };
  }

  /** The pooling on the main path of a block. */
  pooling(block: Block): Facts | undefined {
    const path = pathOf(layersIn(block));
    const shortcut = shortcutPath(block);
    return this.#find(path, (at, { type }) => POOL.test(type) && !isBelow(at, shortcut));
  }

  /** Whether a pooling comes before its neighbour. timm shows this by its name, ResNeSt's authors by an attribute. */
  isFirst(path: string): boolean | undefined {
    const { avd_first } = this.#modules.get(parentOf(path))?.attributes ?? {};
    return /(first|last)$/.test(path) ? /first$/.test(path) : typeof avd_first === 'boolean' ? avd_first : undefined;
  }

  shortcutPooling(block: Block): Facts | undefined {
    const shortcut = shortcutPath(block);
    return shortcut === undefined ? undefined : this.#find(shortcut, (_, { type }) => POOL.test(type));
  }

  /**
   * The pooling between the stem and the blocks: a module that was created before the blocks and is outside of them. 'none' if a program
   * calls no pooling, or if a module without effect replaces it.
   */
  stemPooling(stem: string, trunk: string, blocks: readonly string[]): Facts | 'none' | undefined {
    const paths = [...this.#modules.keys()];
    const end = Math.min(...blocks.map((block) => paths.findIndex((path) => isBelow(path, block))).filter((at) => at >= 0));
    const beside = [trunk, stem, parentOf(stem)];
    const before = paths.slice(0, Number.isFinite(end) ? end : undefined).filter((path) => beside.some((one) => isBelow(path, one)));
    for (const path of before) {
      const info = this.#modules.get(path);
      if (info && POOL.test(info.type) && !/^Blur/.test(info.type)) return factsOf(path, info);
    }
    const nothing = before.some((path) => /pool[^.]*$/i.test(path) && this.#isNothing(path));
    if (nothing) return 'none';
    const container = this.#modules.get(trunk);
    const calls = callsOf(container);
    if (!container || !calls) return undefined;
    const pools = calls.filter((name) => /^(max|avg)_pool2d$/.test(name));
    if (!pools.length) return 'none';
    const type = pools[0] === 'max_pool2d' ? 'MaxPool2d' : 'AvgPool2d';
    return pools.length === 1 ? factsOf(trunk, { type, attributes: container.attributes }) : undefined;
  }

  /** Classes and functions of activations below a path, except in gates. */
  activations(path: string, gate: string | undefined): ModuleInfo[] {
    const found: ModuleInfo[] = [];
    for (const [at, info] of this.#modules) {
      if (!isBelow(at, path) || (gate !== undefined && gate !== path && isBelow(at, gate))) continue;
      if (ACTIVATION.test(info.type)) found.push(info);
      else if (gate !== path) {
        const called = (callsOf(info) ?? []).filter((name) => FUNCTIONS.test(name));
        found.push(...called.map((type) => ({ type, attributes: info.attributes })));
      }
    }
    return found;
  }

  /** Activations next to these layers, or directly in another module. A sigmoid there is the end of a network. */
  besides(layers: readonly string[], whole?: string): ModuleInfo[] {
    const parents = new Set(layers.map(parentOf));
    if (whole !== undefined) parents.add(whole);
    const fits = (path: string, { type }: ModuleInfo) =>
      path !== '' && parents.has(parentOf(path)) && ACTIVATION.test(type) && !/Sigmoid$/.test(type);
    return [...this.#modules].flatMap(([path, info]) => (fits(path, info) ? [info] : []));
  }

  #find(below: string, test: (path: string, info: ModuleInfo) => boolean): Facts | undefined {
    for (const [path, info] of this.#modules) if (path !== below && isBelow(path, below) && test(path, info)) return factsOf(path, info);
    return undefined;
  }

  #isNothing(path: string): boolean {
    const type = this.#modules.get(path)?.type;
    const hasParts = [...this.#modules.keys()].some((other) => other.startsWith(`${path}.`));
    return type === 'Identity' || (type === 'Sequential' && !hasParts);
  }
}

function callsOf(info: ModuleInfo | undefined): string[] | undefined {
  const calls = info?.attributes.calls;
  return Array.isArray(calls) ? calls.filter((name) => typeof name === 'string') : undefined;
}

function shortcutPath({ shortcut, main }: Block): string | undefined {
  if (!shortcut) return undefined;
  const layers = shortcut.norm ? [shortcut.conv, shortcut.norm] : [shortcut.conv];
  const path = shortcut.norm ? pathOf(layers) : parentOf(shortcut.conv.path);
  // A convolution next to the others has no container of its own.
  return main.some(({ conv }) => isBelow(conv.path, path)) ? shortcut.conv.path : path;
}

function isBelow(path: string, parent: string | undefined): boolean {
  return parent !== undefined && (parent === '' || path === parent || path.startsWith(`${parent}.`));
}

function parentOf(path: string): string {
  return path.slice(0, Math.max(0, path.lastIndexOf('.')));
}

function factsOf(path: string, { type, attributes: a }: ModuleInfo, kernel?: number): Facts {
  const size = kernel ?? single(a.kernel_size) ?? 1;
  const blur = /^Blur/.test(type);
  const stride = single(a.stride) ?? (kernel === undefined && !blur ? size : 1);
  const filter = single(a.filt_size);
  const isConv = /^(Conv2d|LazyConv2d)$/.test(type);
  return {
    path,
    type,
    kernel: size,
    stride,
    padding: single(a.padding) ?? (a.padding === 'same' ? ((size - 1) / 2) * (single(a.dilation) ?? 1) : 0),
    dilation: single(a.dilation) ?? 1,
    ceilMode: a.ceil_mode === true,
    counts: a.count_include_pad !== false,
    ...(filter !== undefined && { filter }),
    plain: isConv && (a.padding_mode ?? 'zeros') === 'zeros' && a.transposed !== true,
  };
}

/** The value of a number or of a list of equal numbers. NaN for other lists, which equals nothing. */
function single(value: unknown): number | undefined {
  if (typeof value === 'number') return value;
  if (!Array.isArray(value) || value.length === 0) return undefined;
  return value.every((item) => item === value[0]) && typeof value[0] === 'number' ? value[0] : Number.NaN;
}
