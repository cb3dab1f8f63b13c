/**
 * Whether a report can be true. Compares times with the roofline and with each other, networks with their graphs, versions, adapter, self
 * test. It finds mistakes and clumsy forgeries. A careful forger can pass, so a published report still relies on its author's word.
 */
import { buildGraph } from '../../../src/arch/graph.ts';
import { describeAdapter } from '../../../src/gpu/device-profile.ts';
import { platformName, platformOf } from '../../logic/platform.ts';
import type { Peaks } from '../peaks/peaks.ts';
import { type Environment, type Report, type RuntimeResult, type Table, warmOf } from '../report.ts';
import { RUNTIMES, type RuntimeId } from '../runtimes.ts';
import { quantile } from '../statistics.ts';
import { faultsOfShape } from './shape.ts';

/** Winograd's F(4x4) needs a quarter of the multiplications. No current kernel saves more. */
const FEWEST = 1 / 4;
/** Tolerance. Peaks are measured in a fraction of a second, and clock rates change. */
const SLACK = 1.5;
/** Relative L2 error of logits, as in demo/bench/bench.ts. */
const WRONG = { f32: 1e-3, f16: 3e-2 };
const FIRST_REPORT = Date.parse('2026-11-01');
/** Versions in the first benchmark page that makes reports. Later pages have the same or newer ones. */
const FIRST_VERSIONS: Readonly<Record<string, string>> = { litert: '2.5.3', ort: '1.30.0', tfjs: '4.22.0' };
/** Tolerance. Layers are timed one by one, so caches and dispatch overhead have another effect than in a whole inference. */
const LAYERS_TO_WHOLE = { least: 1 / 5, most: 5 };
const DAY = 24 * 3600 * 1000;

/** @param now milliseconds since 1970 @param library the newest existing version @returns what cannot be true, each with its place */
export function faultsOf(value: unknown, now: number, library: string): string[] {
  const shape = faultsOfShape(value);
  if (shape.length > 0) return shape;
  const report = value as Report & { peaks: Peaks };
  if (report.tables.length === 0) return ['There is no table.'];
  return [
    ...environmentFaults(report.environment, now, library),
    ...peakFaults(report.peaks, report.environment),
    ...report.tables.flatMap((table, i) => tableFaults(table, report).map((fault) => `tables[${i}] (${table.model}): ${fault}`)),
  ];
}

function environmentFaults({ date, library, commit, browser, userAgent, adapter }: Environment, now: number, newest: string): string[] {
  const faults: string[] = [];
  const at = Date.parse(date);
  if (new Date(Number.isNaN(at) ? 0 : at).toISOString() !== date) faults.push(`The date "${date}" is not one that the page writes.`);
  else if (at < FIRST_REPORT || at > now + DAY) faults.push(`The date ${date} is before the first report or in the future.`);
  if (!/^\d+\.\d+\.\d+(-[\w.]+)?$/.test(library)) faults.push(`"${library}" is not a version.`);
  else if (compareVersions(library, newest) > 0) faults.push(`Version ${library} is newer than ${newest}, the newest there is.`);
  if (!/^[0-9a-f]{7,40}( and changes)?$/.test(commit)) faults.push(`"${commit}" is not a commit.`);
  const said = platformName(platformOf(userAgent));
  if (said !== browser) faults.push(`The browser is "${browser}", but its user agent says "${said}".`);
  if (!adapter) faults.push('There is no adapter: nothing ran on WebGPU.');
  else if (describeAdapter(adapter).software && !adapter.software)
    faults.push(`${adapter.description || adapter.architecture} is a software adapter.`);
  return faults;
}

function compareVersions(a: string, b: string): number {
  const [x, y] = [a, b].map((version) => version.split(/[-.]/).slice(0, 3).map(Number));
  for (let i = 0; i < 3; i++) {
    const difference = (x?.[i] ?? 0) - (y?.[i] ?? 0);
    if (difference !== 0) return difference;
  }
  return 0;
}

/** From a slow software adapter to more than any existing GPU. */
function peakFaults({ gflops, gigabytesPerSecond }: Peaks, { adapter }: Environment): string[] {
  const [most, widest] = adapter?.software ? [5000, 1000] : [200_000, 20_000];
  const faults: string[] = [];
  if (gflops < 0.1 || gflops > most)
    faults.push(`A peak of ${gflops} GFLOP/s is not that of ${adapter?.software ? 'a processor' : 'a GPU'}.`);
  if (gigabytesPerSecond < 0.05 || gigabytesPerSecond > widest)
    faults.push(`${gigabytesPerSecond} GB/s is not the bandwidth of any memory.`);
  return faults;
}

function tableFaults(table: Table, { config, environment, peaks }: Report & { peaks: Peaks }): string[] {
  const { model, batch, shape, runtimes, selfTest } = table;
  const faults: string[] = [];
  if (!config.models.includes(model) || !config.batches.includes(batch)) faults.push('It is not what the configuration asks for.');
  if (shape.length !== 4 || shape[0] !== batch) faults.push(`A batch of ${batch} does not have the shape ${shape.join('x')}.`);
  else faults.push(...graphFaults(table));
  if (new Set(runtimes.map(({ id }) => id)).size !== runtimes.length) faults.push('A runtime is there twice.');
  const ours = runtimes.find(({ id }) => RUNTIMES[id].family === 'ours');
  if (ours?.status !== 'ok') faults.push('resnet-webgpu did not run.');
  if (!selfTest) faults.push('There is no self test: measure with "layers".');
  else if (!selfTest.pass)
    faults.push(`The self test failed at ${selfTest.firstBad ?? 'a layer'}: please open an issue about that instead.`);
  else if (selfTest.layers === 0 || selfTest.worst === 0 || selfTest.worst > WRONG.f16) faults.push('The self test compared nothing.');
  faults.push(...layerFaults(table, peaks, environment));
  for (const result of runtimes) {
    if (!config.runtimes.includes(result.id)) faults.push(`${result.id} was not asked for.`);
    const found = result.status === 'ok' ? resultFaults(result, table, config.rounds, environment, peaks) : failureFaults(result);
    faults.push(...found.map((fault) => `${result.id}: ${fault}`));
  }
  return faults;
}

function graphFaults({ model, shape, macs, parameters, selfTest }: Table): string[] {
  try {
    const graph = buildGraph(model, shape);
    const faults: string[] = [];
    if (graph.macs !== macs) faults.push(`${macs} multiply-adds, where the network has ${graph.macs}.`);
    if (graph.parameters !== parameters) faults.push(`${parameters} parameters, where the network has ${graph.parameters}.`);
    const least = graph.nodes.filter((node) => node.macs > 0).length;
    if (selfTest?.pass && selfTest.layers < least) faults.push(`The self test has ${selfTest.layers} layers of at least ${least}.`);
    return faults;
  } catch (error) {
    return [`The network is not known: ${error instanceof Error ? error.message : String(error)}`];
  }
}

/** Shortest possible time for this many multiply-adds, ms. */
const fastest = (macs: number, { gflops }: Peaks): number => (2 * macs * FEWEST) / gflops / 1e6 / SLACK;

function layerFaults({ layers, macs, runtimes }: Table, peaks: Peaks, { adapter }: Environment): string[] {
  if (!layers) return ['There are no times of layers: measure with "layers".'];
  const faults = layers.layers
    .filter((layer) => layer.us < 1000 * fastest(layer.macs, peaks))
    .map(({ name, us }) => `${name} in ${us} µs is above the roofline.`);
  const sum = layers.layers.reduce((total, layer) => total + layer.macs, 0);
  if (sum !== macs) faults.push(`The layers have ${sum} multiply-adds, the network ${macs}.`);
  const ours = runtimes.find(({ id }) => RUNTIMES[id].family === 'ours');
  if (ours?.calls && layers.layers.length !== ours.calls.dispatches)
    faults.push(`${layers.layers.length} layers, but ${ours.calls.dispatches} dispatches.`);
  // Kernels for software adapters, which are never used on a GPU: see src/gpu/device-profile.ts.
  const serial = layers.layers.find(({ kernel }) => kernel.endsWith('-serial'));
  if (serial && adapter && !describeAdapter(adapter).software)
    faults.push(`${serial.name} ran as ${serial.kernel}, which is for software adapters.`);
  const spans = ours?.gpu.map(({ span }) => span) ?? [];
  if (spans.length > 0 && !layers.estimated) {
    const [whole, apart] = [quantile(spans, 0.5), layers.layers.reduce((total, { us }) => total + us / 1000, 0)];
    if (apart < LAYERS_TO_WHOLE.least * whole || apart > LAYERS_TO_WHOLE.most * whole)
      faults.push(`The layers take ${apart.toPrecision(3)} ms, and all of them together ${whole.toPrecision(3)} ms.`);
  }
  return faults;
}

function failureFaults({ error, warm }: RuntimeResult): string[] {
  return error && warm.length === 0 ? [] : ['It failed without saying why, or has times all the same.'];
}

function resultFaults(result: RuntimeResult, table: Table, rounds: number, environment: Environment, peaks: Peaks): string[] {
  const { id, warm, deviation, loadMs, firstMs, spent, importMs } = result;
  const { runsOn, precision } = RUNTIMES[id];
  const faults: string[] = [];
  if (warm.length === 0 || warm.length > rounds) faults.push(`${warm.length} times in ${rounds} rounds.`);
  if (!/^\d+\.\d+\.\d+[-\w.]*(, tuned)?$/.test(result.version ?? '')) faults.push(`"${result.version}" is not a version.`);
  const first = FIRST_VERSIONS[RUNTIMES[id].family];
  if (first && compareVersions(result.version ?? '', first) < 0)
    faults.push(`${result.version} is older than ${first}, the first that was measured.`);
  if (RUNTIMES[id].family === 'ours' && result.version?.replace(', tuned', '') !== environment.library)
    faults.push('Its version is not the library’s.');
  if (!deviation) faults.push('Its logits were not compared.');
  else if (!(deviation.relative > 0 && deviation.relative <= WRONG[precision]))
    faults.push(`An error of ${deviation.relative} is not one of ${precision}.`);
  else if (deviation.absolute === 0) faults.push('An error without a difference.');
  if (!loadMs || !firstMs || !importMs) faults.push('It started in no time.');
  else if (spent && spent.compile + spent.upload > 2 * (importMs + loadMs + firstMs))
    faults.push('It compiled for longer than it started.');
  else if (firstMs < 0.3 * quantile(warm, 0)) faults.push('Its first inference was much faster than all others.');
  if (runsOn === 'webgpu') faults.push(...gpuFaults(result, table, environment, peaks));
  return faults;
}

function gpuFaults(result: RuntimeResult, { macs }: Table, { adapter }: Environment, peaks: Peaks): string[] {
  const { id, warm, gpu, cpu, stream, calls, loadCalls } = result;
  const faults: string[] = [];
  // f16 arithmetic counts as half the work, because GPUs that have it run it at twice the rate.
  const least = fastest(macs, peaks) / (RUNTIMES[id].precision === 'f16' ? 2 : 1);
  const median = warmOf(result)?.median ?? 0;
  const quickest = quantile(warm, 0);
  if (quickest < least) faults.push(`${quickest} ms is above the roofline: ${least.toPrecision(3)} ms at least.`);
  for (const { span, busy } of gpu) {
    if (span < least) faults.push(`${span} ms of GPU time is above the roofline: ${least.toPrecision(3)} ms at least.`);
    if (busy > span * 1.001) faults.push('The GPU was busy for longer than it ran.');
  }
  const onGpu =
    gpu.length > 0
      ? quantile(
          gpu.map(({ span }) => span),
          0.5,
        )
      : undefined;
  const onCpu = cpu && cpu.length > 0 ? quantile(cpu, 0.5) : undefined;
  if (cpu && (cpu.length !== warm.length || cpu.some((value, i) => value > (warm[i] ?? 0) * 1.001)))
    faults.push('Its processor took longer than the inference.');
  if (onGpu !== undefined && onGpu > 2 * median) faults.push(`The GPU took ${onGpu} ms of ${median}.`);
  // Time that is neither GPU nor CPU work is waiting, which is limited.
  if (onGpu !== undefined && onCpu !== undefined && median > 5 * (onGpu + onCpu) + 50)
    faults.push(`${median} ms of which ${onGpu + onCpu} are accounted for.`);
  if (stream) {
    const apart = (stream.framesPerSecond * median) / 1000;
    if (apart < 0.3 || apart > 2 * stream.inFlight) faults.push(`${stream.framesPerSecond} frames a second do not go with ${median} ms.`);
    if (1000 / stream.framesPerSecond < least) faults.push(`${stream.framesPerSecond} frames a second are above the roofline.`);
  }
  if (!calls || calls.dispatches === 0 || calls.submits === 0) faults.push('It dispatched nothing to WebGPU.');
  if (!loadCalls || loadCalls.pipelines === 0 || loadCalls.shaderBytes < 100 * loadCalls.shaderModules)
    faults.push('It made no pipelines.');
  const own = result.adapter;
  if (!own) faults.push('It does not say which adapter it had.');
  else if (adapter && (own.vendor !== adapter.vendor || own.architecture !== adapter.architecture || own.software !== adapter.software)) {
    faults.push(`It ran on ${own.vendor} ${own.architecture}, the report is of ${adapter.vendor} ${adapter.architecture}.`);
  }
  return faults;
}

/** Runtimes of a table that can be compared with this library, in the order of the columns. */
export const PEERS: readonly RuntimeId[] = ['litert-webgpu', 'ort-webgpu', 'ort-webgpu-graph', 'tfjs-webgpu'];
