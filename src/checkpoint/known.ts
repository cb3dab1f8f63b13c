/**
 * Facts about the structure from the modules of a pickled model or a program, which need no assumption. Only what a module says counts
 * as known. A property that no network here supports is refused, because the tensors alone would load and give wrong results.
 */
import { ResnetError } from '../util/errors.ts';
import type { Known } from './assume.ts';
import { type Block, unitsOf } from './blocks.ts';
import { type Facts, Modules } from './module-facts.ts';
import type { TreeReading } from './read-tree.ts';
import type { General } from './structure.ts';
import { layersIn, pathOf, type Trunk } from './trunk.ts';
import type { ModuleInfo } from './types.ts';

type Fact = Known extends ReadonlySet<infer F> ? F : never;

/** @throws ResnetError `unsupported` for a structure that cannot be built */
export function known(structure: General, reading: TreeReading): { config: General; known: Known } {
  const facts = new Set<Fact>();
  const modules = new Modules(reading.checkpoint.modules);
  const { trunk } = reading;
  const convs = [...trunk.stem, ...(trunk.pool ? [trunk.pool] : []), ...trunk.stages.flat().flatMap(unitsOf)].map(({ conv }) =>
    modules.conv(conv),
  );
  // A state dict, or convolutions without known attributes.
  if (!convs.every((conv) => conv !== undefined)) return { config: structure, known: facts };
  const config = { ...structure };
  const learn = (fact: Fact, change: Partial<General> | undefined) => {
    if (!change) return;
    facts.add(fact);
    // Values that equal the assumption keep their written form.
    for (const [key, value] of Object.entries(change)) {
      if (JSON.stringify(value) !== JSON.stringify(config[key as keyof General])) Object.assign(config, { [key]: value });
    }
  };
  const aa = antialiasing(trunk, modules);
  learn('aa_layer', aa === '' && !config.aa_layer ? {} : { aa_layer: aa });
  learn('middle', middleOf(trunk, modules, config));
  learn('dilation', strides(trunk, modules, config));
  facts.add('avg_down');
  learn('style', styleOf(trunk, modules, config));
  const stem = stemOf(reading, modules, aa);
  const whole = { stem: { ...config.stem, ...stem } };
  // The modules do not show whether a function pools after the stem.
  if (stem.pool === undefined) Object.assign(config, JSON.stringify(whole.stem) === JSON.stringify(config.stem) ? {} : whole);
  else learn('stem', whole);
  learn('activation', activationOf(trunk, modules));
  if (!facts.has('activation')) Object.assign(config, activationBeside(trunk, modules));
  Object.assign(config, gateActivation(trunk, modules, config));
  const norm = normOf(reading, modules);
  learn('norm', norm && (isPlain(norm) && !config.norm_cfg ? {} : { norm_cfg: norm }));
  if (norm) facts.add('eps');
  return { config, known: facts };
}

function refuse(layer: string, what: string): never {
  throw new ResnetError('unsupported', `${what}, which no network in this library supports.`, {
    layer,
    hint: 'Pass arch to run the weights in another structure anyway.',
  });
}

const isBasic = ({ main }: Block) => main.length === 2;

/** Refuses a convolution with attributes that no network here supports. */
function checkConv({ path, kernel, stride, padding, dilation, type, plain }: Facts): void {
  if (Number.isNaN(stride + dilation)) refuse(path, 'The convolution has different strides along its axes');
  if (!plain) refuse(path, `The convolution is a ${type}`);
  if (padding !== (dilation * (kernel - 1)) / 2)
    refuse(path, `The ${kernel}x${kernel} convolution of dilation ${dilation} is padded by ${padding}`);
}

function strides({ stem, stages }: Trunk, modules: Modules, { block, avg_down: own }: General): Partial<General> {
  const count = stages.length;
  const rows = { strides: new Array<number>(count), dilations: new Array<number>(count), first_dilations: new Array<number>(count) };
  const averaged = new Set<boolean>();
  for (const { conv } of stem) checkConv(modules.sure(conv));
  stages.forEach((stage, i) => {
    stage.forEach((one, b) => {
      const main = one.main.map(({ conv }) => modules.sure(conv));
      for (const conv of main) checkConv(conv);
      checkInner(one, modules);
      const last = main.at(-1);
      const pooled = one.middle?.type === 'Res2' ? 1 : (modules.pooling(one)?.stride ?? 1);
      const stride = main.reduce((product, conv) => product * conv.stride, pooled);
      const dilations = main.filter(({ kernel }) => kernel === 3).map(({ dilation }) => dilation);
      if (last && last.stride > 1) refuse(last.path, 'The stride is on the last convolution of a block');
      if (b > 0 && stride > 1) refuse(main[0]?.path ?? '', `The stride is on block ${b + 1} of a stage`);
      if (b === 0) rows.strides[i] = stride;
      const [first = 1] = dilations;
      const second = isBasic(one) ? (dilations[1] ?? 1) : first;
      if (b === 0) rows.first_dilations[i] = first;
      // A single block. Its attributes apply to the whole stage.
      if (b === 0) rows.dilations[i] = second;
      if (b === 1 && block === 'Bottleneck') rows.dilations[i] = first;
      const wanted = rows.dilations[i];
      if (b > 0 && (first !== wanted || second !== wanted))
        refuse(main[0]?.path ?? '', `The blocks of a stage are dilated by ${wanted} and ${first}`);
      if (one.shortcut) {
        const shortcut = modules.sure(one.shortcut.conv);
        const pool = modules.shortcutPooling(one);
        const before = pool?.stride ?? 1;
        if (pool && (pool.type !== 'AvgPool2d' || pool.kernel !== pool.stride || pool.padding !== 0))
          refuse(pool.path, `The shortcut has a ${pool.type} of ${pool.kernel}x${pool.kernel} and stride ${pool.stride}`);
        if (shortcut.stride * before !== stride)
          refuse(shortcut.path, `The shortcut has stride ${shortcut.stride * before}, its block ${stride}`);
        if (stride > 1) averaged.add(before > 1);
      }
    });
  });
  if (averaged.size > 1) refuse('layer1', 'Some shortcuts are pooled and some are not');
  const [avg_down = own ?? false] = averaged;
  const pooled = avg_down === (own ?? false) ? {} : { avg_down };
  const usual = rows.dilations.every((one) => one === 1) && rows.first_dilations.every((one) => one === 1);
  return usual ? { strides: rows.strides, ...pooled } : { ...rows, ...pooled };
}

/** Further convolutions of a middle have the attributes of its first. Selective kernels have growing dilation. */
function checkInner({ main, inner, bare, middle }: Block, modules: Modules): void {
  const first = main.map(({ conv }) => modules.sure(conv)).find(({ kernel }) => kernel === 3);
  inner.forEach(({ conv }, i) => {
    const own = modules.sure(conv);
    checkConv(own);
    const dilation = (first?.dilation ?? 1) * (middle?.type === 'SelectiveKernel' ? i + 2 : 1);
    const isAlike = own.kernel === 1 ? own.stride === 1 : own.stride === first?.stride && own.dilation === dilation;
    if (!isAlike) refuse(own.path, `The convolution has stride ${own.stride} and dilation ${own.dilation}, unlike others in its block`);
  });
  if (bare) checkConv(modules.sure(bare));
}

const PLACES: ReadonlyMap<boolean | undefined, string> = new Map([
  [true, 'average_first'],
  [false, 'average'],
]);

/** What pools in the middle of blocks: Res2Net's last slice, or the replacement of split attention's stride. */
function middleOf({ stages }: Trunk, modules: Modules, { middle }: General): Partial<General> | undefined {
  if (!middle || middle.type === 'SelectiveKernel') return {};
  const found = new Set<string>();
  for (const stage of stages) {
    stage.forEach((block, i) => {
      const convs = block.main.map(({ conv }) => modules.sure(conv));
      const stride = convs[1]?.stride ?? 1;
      const pool = modules.pooling(block);
      const usual = !pool || (pool.type === 'AvgPool2d' && pool.kernel === 3 && pool.padding === 1 && pool.counts);
      if (pool && (!usual || (middle.type === 'Res2' && pool.stride !== stride)))
        refuse(pool.path, `A block has a ${pool.type} of ${pool.kernel}x${pool.kernel} and stride ${pool.stride} in it`);
      if (middle.type === 'Res2') {
        if (pool && i > 0) refuse(pool.path, 'A block that is not the first of its stage has a pooling');
        if (i === 0 && stride > 1 && !pool) refuse(convs[1]?.path ?? '', 'A strided block does not pool its last slice');
        if (i === 0 && stride === 1) found.add(pool ? 'pooled' : 'kept');
      } else if (pool) found.add(PLACES.get(modules.isFirst(pool.path)) ?? '');
      else if (stride > 1) found.add('convolution');
    });
  }
  const [kind] = found;
  if (found.size > 1) refuse('layer1', 'Blocks pool in different ways');
  if (middle.type === 'Res2') return kind === 'kept' ? { middle: { ...middle, pool_unstrided: false } } : {};
  // Its position is unknown and stays an assumption.
  if (kind === '') return undefined;
  return kind === 'average' || kind === undefined ? {} : { middle: { ...middle, stride: kind as 'convolution' } };
}

function styleOf({ stages }: Trunk, modules: Modules, { block }: General): Partial<General> | undefined {
  if (block !== 'Bottleneck') return {};
  const firsts = stages.flatMap(([one]) => (one ? [one.main.map(({ conv }) => modules.sure(conv).stride)] : []));
  const caffe = firsts.filter(([a = 1]) => a > 1).length;
  const pytorch = firsts.filter(([, b = 1]) => b > 1).length;
  if (caffe && pytorch) refuse('layer1', 'The stride is on different convolutions in different stages');
  return caffe ? { style: 'caffe' } : {};
}

/** What replaces the strides in the blocks: averages or a blur. */
function antialiasing({ stages }: Trunk, modules: Modules): '' | 'avg' | 'blur' {
  const kinds = new Set<'avg' | 'blur'>();
  for (const block of stages.flat()) {
    const pool = block.middle ? undefined : modules.pooling(block);
    if (!pool) continue;
    const isBlur = /^Blur/.test(pool.type);
    if (!isBlur && (pool.type !== 'AvgPool2d' || pool.kernel !== pool.stride || pool.padding !== 0)) {
      refuse(pool.path, `A block has a ${pool.type} of ${pool.kernel}x${pool.kernel} and stride ${pool.stride} in it`);
    }
    if (isBlur && (pool.filter ?? 3) !== 3) refuse(pool.path, `The blur has ${pool.filter} taps`);
    kinds.add(isBlur ? 'blur' : 'avg');
  }
  if (kinds.size > 1) refuse('layer1', 'Some blocks are averaged and some blurred');
  return [...kinds][0] ?? '';
}

function stemOf({ trunk }: TreeReading, modules: Modules, aa: string): Partial<General['stem']> {
  const [first, ...more] = trunk.stem.map(({ conv }) => modules.sure(conv));
  if (!first) return {};
  const later = more.find(({ stride }) => stride !== 1);
  if (later) refuse(later.path, `A later convolution of the stem has stride ${later.stride}`);
  if (first.stride !== 1 && first.stride !== 2) refuse(first.path, `The stem has stride ${first.stride}`);
  if (trunk.pool) {
    const pool = modules.sure(trunk.pool.conv);
    checkConv(pool);
    if (pool.stride !== (aa ? 1 : 2)) refuse(pool.path, `The convolution after the stem has stride ${pool.stride}`);
    return { stride: first.stride, pool: 'conv' };
  }
  const blocks = trunk.stages.flat().map((block) => pathOf(layersIn(block)));
  const pool = modules.stemPooling(pathOf(trunk.stem.flatMap(({ conv, norm }) => (norm ? [conv, norm] : [conv]))), trunk.path, blocks);
  return { stride: first.stride, ...(pool !== undefined && { pool: poolKind(pool, aa) }) };
}

function poolKind(pool: ReturnType<Modules['stemPooling']>, aa: string): General['stem']['pool'] {
  if (!pool || pool === 'none') return 'none';
  const { type, kernel, stride, padding, dilation, ceilMode, path } = pool;
  const is = (...[k, s, p, ceil]: [number, number, number, boolean]) =>
    kernel === k && stride === s && padding === p && ceilMode === ceil && dilation === 1;
  if (type === 'MaxPool2d') {
    // With anti-aliasing, a later layer has the stride.
    if (is(3, 2, 1, false) || (aa && is(3, 1, 1, false))) return 'max';
    if (is(3, 2, 0, true)) return 'caffe';
  }
  if (type === 'AvgPool2d' && is(2, 2, 0, false)) return 'avg';
  refuse(path, `The stem has a ${type} of ${kernel}x${kernel}, stride ${stride}, padding ${padding}${ceilMode ? ', ceil mode' : ''}`);
}

/** From PyTorch's modules and functions to timm's names, which configurations use. */
const ACTIVATIONS: Readonly<Record<string, string>> = {
  relu: 'relu',
  relu6: 'relu6',
  silu: 'silu',
  swish: 'silu',
  swishme: 'silu',
  gelu: 'gelu',
  leakyrelu: 'leaky_relu',
  elu: 'elu',
  hardswish: 'hard_swish',
  mish: 'mish',
  tanh: 'tanh',
};

function activationOf({ stem, stages }: Trunk, modules: Modules): Partial<General> | undefined {
  const found: ModuleInfo[] = [];
  for (const block of stages.flat()) {
    const gate = block.attention.length ? pathOf(block.attention) : undefined;
    found.push(...modules.activations(pathOf(layersIn(block)), gate));
  }
  if (found.length) found.push(...modules.besides(stem.map(({ conv }) => conv.path)));
  const kinds = new Map(found.map((info) => activation(info)).map((change) => [JSON.stringify(change), change]));
  if (kinds.size > 1) refuse('layer1', `The activations are ${[...kinds.values()].map(({ activation }) => activation).join(' and ')}`);
  const [kind] = kinds.values();
  return kind?.activation === 'relu' ? {} : kind;
}

/** The activation between the two layers of the gates, if modules tell: ReLU, or the network's. */
function gateActivation({ stages }: Trunk, modules: Modules, { attention, activation: own = 'relu' }: General): Partial<General> {
  const gates = stages.flat().flatMap((block) => (block.attention.length === 2 ? [pathOf(block.attention)] : []));
  const inside = gates.flatMap((gate) => modules.activations(gate, undefined)).filter(({ type }) => !/sigmoid$/i.test(type));
  const names = new Set(inside.map((info) => activation(info).activation));
  if (!attention || names.size === 0 || (names.size === 1 && names.has('relu'))) return {};
  if (names.size > 1 || !names.has(own)) refuse(gates[0] ?? '', `The gates have ${[...names].join(' and ')}, the network ${own}`);
  return { attention: { ...attention, activated: true } };
}

/** For blocks that contain no activation: the one next to the stem or in the outermost module, for all. It stays an assumption. */
function activationBeside({ stem, path }: Trunk, modules: Modules): Partial<General> {
  const beside = modules
    .besides(
      stem.map(({ conv }) => conv.path),
      path,
    )
    .filter(({ type }) => nameOf(type) !== undefined);
  const kinds = new Map(beside.map((info) => activation(info)).map((change) => [JSON.stringify(change), change]));
  const [kind] = kinds.values();
  return kinds.size > 1 || !kind || kind.activation === 'relu' ? {} : kind;
}

const nameOf = (type: string) => ACTIVATIONS[type.toLowerCase().replaceAll('_', '')];

function activation({ type, attributes }: ModuleInfo): Partial<General> {
  const name = nameOf(type) ?? refuse('layer1', `The activation is ${type}`);
  if (name === 'gelu' && attributes.approximate === 'tanh') return { activation: 'gelu_tanh' };
  const slope = name === 'leaky_relu' ? attributes.negative_slope : name === 'elu' ? attributes.alpha : undefined;
  return { activation: name, ...(typeof slope === 'number' && { activation_slope: slope }) };
}

function normOf({ trunk, norms }: TreeReading, modules: Modules): General['norm_cfg'] | undefined {
  const layers = [...trunk.stem, ...trunk.stages.flat().flatMap(unitsOf)].flatMap(({ norm }) => norm ?? []);
  const facts = layers.map((norm) => modules.norm(norm));
  const [first] = facts;
  if (!first || facts.some((one) => one === undefined)) return undefined;
  const other = facts.find((one) => one && (one.kind !== first.kind || one.eps !== first.eps || one.groups !== first.groups));
  if (other) refuse(other.path, `The norms are ${first.text} and ${other.text}`);
  if (norms === 'running') return { type: 'BN', eps: first.eps };
  // Batch norms without statistics depend on the other images of a batch. Their kind stays an assumption.
  if (first.kind === 'batch') return undefined;
  const eps = first.eps === 1e-5 ? {} : { eps: first.eps };
  return first.kind === 'group' ? { type: 'GN', num_groups: first.groups, ...eps } : { type: 'IN', affine: norms === 'affine', ...eps };
}

function isPlain({ type, eps }: NonNullable<General['norm_cfg']>): boolean {
  return type === 'BN' && eps === 1e-5;
}
