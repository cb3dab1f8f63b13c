/** The content of the tables, for the page and for Markdown. */
import { bytes, count, digits, error, milliseconds, times } from './format.ts';
import { bestPeer, cpuOf, type Environment, firstResultOf, gpuOf, type Report, type RuntimeResult, type Table, warmOf } from './report.ts';
import { RUNTIMES } from './runtimes.ts';

export type Fact = [term: string, description: string];

export interface Column {
  title: string;
  /** The exact meaning. */
  hint: string;
  of(result: RuntimeResult, table: Table): string;
}

const gpuOnly = (text: (result: RuntimeResult) => string) => (result: RuntimeResult) =>
  RUNTIMES[result.id].runsOn === 'webgpu' ? text(result) : '–';

/** How many times as long as this library; below 1, the runtime is faster. */
function againstOurs(result: RuntimeResult, table: Table, value: (result: RuntimeResult) => number | undefined): string {
  const ours = table.runtimes.find(({ id, status }) => id === 'ours' && status === 'ok');
  const [own, other] = [ours && value(ours), value(result)];
  return own && other && result.id !== 'ours' ? times(other / own) : '–';
}

const median = (result: RuntimeResult) => warmOf(result)?.median;

export const TIME_COLUMNS: Column[] = [
  {
    title: 'warm',
    hint: 'Median of one inference, from input on the CPU to logits on the CPU',
    of: (result) => milliseconds(median(result)),
  },
  {
    title: 'p10 – p90',
    hint: 'Four of five inferences lie between, and how many there were',
    of: (result) => {
      const warm = warmOf(result);
      return warm ? `${milliseconds(warm.p10)} – ${milliseconds(warm.p90)} (${warm.n})` : '–';
    },
  },
  {
    title: '÷ ours',
    hint: 'Warm median as a multiple of resnet-webgpu’s in f32',
    of: (result, table) => againstOurs(result, table, median),
  },
  {
    title: 'GPU',
    hint: 'Median from the beginning of the first pass to the end of the last: without readback',
    of: gpuOnly((result) => milliseconds(gpuOf(result)?.median)),
  },
  {
    title: 'CPU',
    hint: 'Median from the call to the last submit, without waiting for the GPU: what an inference costs the page’s thread',
    of: gpuOnly((result) => milliseconds(cpuOf(result))),
  },
  {
    title: 'frames/s',
    hint: 'Throughput, with as many frames in progress as the runtime allows',
    of: ({ stream }) => (stream ? `${digits(stream.framesPerSecond)} (${stream.inFlight})` : '–'),
  },
];

export const START_COLUMNS: Column[] = [
  {
    title: 'download',
    hint: 'The runtime’s own files that it fetched, gzip; without the model',
    of: ({ download }) => bytes(download?.gzip),
  },
  { title: 'model', hint: 'The network in the runtime’s format', of: ({ modelBytes }) => bytes(modelBytes) },
  { title: 'import', hint: 'Fetching the runtime from this server and starting it', of: ({ importMs }) => milliseconds(importMs) },
  { title: 'load', hint: 'From the model in memory to ready', of: ({ loadMs }) => milliseconds(loadMs) },
  { title: 'first', hint: 'From ready to the first logits', of: ({ firstMs }) => milliseconds(firstMs) },
  { title: 'load + first', hint: 'What a visitor waits for, downloads aside', of: (result) => milliseconds(firstResultOf(result)) },
  {
    title: '÷ ours',
    hint: 'Load + first as a multiple of resnet-webgpu’s in f32',
    of: (result, table) => againstOurs(result, table, firstResultOf),
  },
  {
    title: 'pipelines',
    hint: 'Made up to the first result, and the text of all shaders',
    of: gpuOnly(({ loadCalls }) => (loadCalls ? `${count(loadCalls.pipelines)} (${bytes(loadCalls.shaderBytes)})` : '–')),
  },
  {
    title: 'compile',
    hint: 'Part of load + first in which pipelines were awaited or made; what is compiled behind the runtime’s back is in first',
    of: gpuOnly(({ spent }) => milliseconds(spent?.compile)),
  },
  {
    title: 'upload',
    hint: 'Part of load + first spent in handing data to the GPU process',
    of: gpuOnly(({ spent }) => milliseconds(spent?.upload)),
  },
];

export const CALL_COLUMNS: Column[] = [
  { title: 'dispatches', hint: 'Of one warm inference', of: gpuOnly(({ calls }) => count(calls?.dispatches)) },
  { title: 'passes', hint: 'Of one warm inference', of: gpuOnly(({ calls }) => count(calls?.passes)) },
  { title: 'submits', hint: 'Of one warm inference', of: gpuOnly(({ calls }) => count(calls?.submits)) },
  { title: 'bind groups', hint: 'Made in one warm inference', of: gpuOnly(({ calls }) => count(calls?.bindGroups)) },
  { title: 'buffers', hint: 'Made in one warm inference', of: gpuOnly(({ calls }) => count(calls?.buffers)) },
  {
    title: 'writeBuffer',
    hint: 'Calls of one warm inference, and their bytes',
    of: gpuOnly(({ calls }) => (calls ? `${count(calls.writes)} (${bytes(calls.writeBytes)})` : '–')),
  },
  {
    title: 'GPU memory',
    hint: 'Bytes of all buffers and textures alive after warm inferences, and their number',
    of: gpuOnly(({ alive }) => (alive ? `${bytes(alive.bytes)} (${count(alive.buffers)})` : '–')),
  },
];

export const ERROR_COLUMNS: Column[] = [
  {
    title: 'error',
    hint: 'Relative L2 of the logits against the reference; the worst of all inferences',
    of: ({ deviation }) => error(deviation?.relative),
  },
  {
    title: 'top-1',
    hint: 'Same class as the reference',
    of: ({ deviation }) => (deviation ? (deviation.sameTop ? 'same' : 'differs') : '–'),
  },
];

/** What a table shows, in sentences. None if there is nothing to rank, or nothing to compare with. */
export function findings(table: Table, rank: boolean): string[] {
  const ours = table.runtimes.find(({ id, status }) => id === 'ours' && status === 'ok');
  if (!rank || !ours) return [];
  const about = [
    ['For a warm inference', median],
    ['From the model in memory to the first result', firstResultOf],
  ] as const;
  return about.flatMap(([what, value]) => {
    const best = bestPeer(table, value);
    const own = value(ours);
    if (!best || own === undefined) return [];
    const { name } = RUNTIMES[best.peer];
    const ends = best.ratio >= 1 ? `${name}, the fastest other runtime on WebGPU, needs` : `${name} is faster here, with`;
    const share = best.ratio >= 1 ? `, ${digits(best.ratio)} times as long` : '';
    return [`${what} resnet-webgpu needs ${milliseconds(own)}. ${ends} ${milliseconds(own * best.ratio)}${share}.`];
  });
}

/** The kind of machine. */
export function machineFacts({ adapter, adapterError, browser, cores, crossOriginIsolated }: Environment): Fact[] {
  const name = adapter && [adapter.vendor, adapter.architecture, adapter.description].filter((part) => part !== '').join(' ');
  return [
    ['Adapter', adapter ? `${name || 'not named'}${adapter.software ? ', a software adapter' : ''}` : (adapterError ?? 'none')],
    ['Browser', browser],
    ['Processor', `${cores} threads${crossOriginIsolated ? '' : ', one of them for wasm: this page is not isolated'}`],
  ];
}

/** How it was measured. */
export function reportFacts({ environment, peaks, config }: Report): Fact[] {
  return [
    ['Peak', peaks ? `${digits(peaks.gflops)} GFLOP/s, ${digits(peaks.gigabytesPerSecond)} GB/s, measured here` : 'not measured'],
    ['Precision', 'f32, unless a runtime says f16'],
    ['Version', `${environment.library}${environment.commit ? `, ${environment.commit}` : ''}`],
    ['Date', environment.date.slice(0, 16).replace('T', ' ')],
    ['Rounds', `${config.rounds}, at most ${config.seconds} s a runtime`],
  ];
}

export const environmentFacts = (report: Report): Fact[] => [...machineFacts(report.environment), ...reportFacts(report)];
