/** The command line as checked settings. */
import { parseArgs } from 'node:util';
import type { ExportOutput } from '../export/index.ts';

/** Output formats for people, or for programs (one line for each image as it comes, or everything at the end). */
export type ResultFormat = 'table' | 'csv' | 'ndjson' | 'json';

export interface ClassifyArguments {
  command: 'classify';
  /** Files, folders, patterns, or `-`. */
  images: string[];
  arch?: string;
  weights?: string;
  labels?: string;
  top: number;
  precision: 'f32' | 'f16';
  format: ResultFormat;
  browser: boolean;
}

export interface InspectArguments {
  command: 'inspect';
  target: string;
  arch?: string;
  /** [height, width] */
  input?: [number, number];
  /** Print the dispatches instead of the layers. */
  plan: boolean;
  /** Print the shaders of this layer. */
  shader?: string;
  /** The GPU: a class or a name. */
  gpu: string;
  precision: 'f32' | 'f16';
  /** Print reasons and alternatives of assumptions. */
  verbose: boolean;
  json: boolean;
}

export interface ConvertArguments {
  command: 'convert';
  /** A file, https://… or hf:owner/repository. */
  checkpoint: string;
  /** A name, a configuration in JSON, or a .json file with one. */
  arch?: string;
  dtype: 'f32' | 'f16' | 'int8';
  labels?: string;
  out: string;
  force: boolean;
  verbose: boolean;
  json: boolean;
}

export interface ExportArguments {
  command: 'export';
  /** A file, the folder of a converted model, https://… or hf:owner/repository. */
  checkpoint: string;
  arch?: string;
  to: ExportFormat;
  /** [height, width] */
  input?: [number, number];
  outputs?: ExportOutput[];
  /** A file; for TF.js a folder. */
  out: string;
  force: boolean;
  verbose: boolean;
  json: boolean;
}

export type ExportFormat = 'onnx' | 'tflite' | 'tfjs';

export const COMMANDS = ['classify', 'inspect', 'convert', 'export'] as const;
export type Command = (typeof COMMANDS)[number];

export type Arguments =
  | ClassifyArguments
  | InspectArguments
  | ConvertArguments
  | ExportArguments
  | { command: 'help'; topic?: Command }
  | { command: 'version' };

/** An invalid command line. The exit code is 2. */
export class UsageError extends Error {
  override readonly name = 'UsageError';
}

export const OPTIONS = {
  classify: {
    arch: { type: 'string', short: 'a' },
    weights: { type: 'string', short: 'w' },
    labels: { type: 'string', short: 'l' },
    top: { type: 'string', short: 'k' },
    precision: { type: 'string', short: 'p', default: 'f32' },
    csv: { type: 'boolean', default: false },
    ndjson: { type: 'boolean', default: false },
    json: { type: 'boolean', default: false },
    browser: { type: 'boolean', default: false },
    help: { type: 'boolean', short: 'h', default: false },
  },
  inspect: {
    arch: { type: 'string', short: 'a' },
    input: { type: 'string', short: 'i' },
    plan: { type: 'boolean', default: false },
    shader: { type: 'string' },
    gpu: { type: 'string' },
    precision: { type: 'string', short: 'p' },
    verbose: { type: 'boolean', default: false },
    json: { type: 'boolean', default: false },
    help: { type: 'boolean', short: 'h', default: false },
  },
  convert: {
    arch: { type: 'string', short: 'a' },
    dtype: { type: 'string', short: 'd', default: 'f32' },
    labels: { type: 'string', short: 'l' },
    out: { type: 'string', short: 'o' },
    force: { type: 'boolean', short: 'f', default: false },
    verbose: { type: 'boolean', default: false },
    json: { type: 'boolean', default: false },
    help: { type: 'boolean', short: 'h', default: false },
  },
  export: {
    to: { type: 'string', short: 't' },
    out: { type: 'string', short: 'o' },
    arch: { type: 'string', short: 'a' },
    input: { type: 'string', short: 'i' },
    outputs: { type: 'string' },
    force: { type: 'boolean', short: 'f', default: false },
    verbose: { type: 'boolean', default: false },
    json: { type: 'boolean', default: false },
    help: { type: 'boolean', short: 'h', default: false },
  },
} as const;

/** File names of images. */
export const IMAGE_NAME = /\.(png|jpe?g|webp|avif|gif|bmp)$/i;

const FORMATS = ['csv', 'ndjson', 'json'] as const;

/** The command whose help explains these arguments; undefined for the general help. */
export function commandOf([first = '']: readonly string[]): Command | undefined {
  // The name of an image file is enough.
  return COMMANDS.find((name) => name === first) ?? (IMAGE_NAME.test(first) ? 'classify' : undefined);
}

export function parse(argv: readonly string[]): Arguments {
  const [command, ...rest] = argv;
  if (command === undefined || command === '--help' || command === '-h') return { command: 'help' };
  if (command === '--version' || command === '-v') return { command: 'version' };
  if (command === 'help') return { command: 'help', topic: COMMANDS.find((name) => name === rest[0]) };
  switch (commandOf(argv)) {
    case 'classify':
      return parseClassify(command === 'classify' ? rest : argv);
    case 'inspect':
      return parseInspect(rest);
    case 'convert':
      return parseConvert(rest);
    case 'export':
      return parseExport(rest);
    default:
      throw new UsageError(`“${command}” is not a command. There are ${COMMANDS.slice(0, -1).join(', ')} and ${COMMANDS.at(-1)}.`);
  }
}

function parseClassify(args: readonly string[]): Arguments {
  const { values, positionals } = read(args, OPTIONS.classify);
  if (values.help) return { command: 'help', topic: 'classify' };
  if (positionals.length === 0) throw new UsageError('classify needs at least one image or folder, or - for standard input.');
  const formats = FORMATS.filter((name) => values[name]);
  if (formats.length > 1) throw new UsageError(`classify writes one of ${formats.map((name) => `--${name}`).join(' and ')}, not both.`);
  const format = formats[0] ?? 'table';
  // A table of many images has one line for each.
  const top = Number(values.top ?? (format === 'csv' ? 1 : 5));
  if (!Number.isInteger(top) || top < 1) throw new UsageError(`--top must be a whole number of at least 1, not “${values.top}”.`);
  const precision = parsePrecision(values.precision);
  const { arch, weights, labels, browser } = values;
  if (arch !== undefined && weights === undefined)
    throw new UsageError('--arch needs --weights: the bundled network has its own architecture.');
  return { command: 'classify', images: positionals, arch, weights, labels, top, precision, format, browser };
}

function parseInspect(args: readonly string[]): Arguments {
  const { values, positionals } = read(args, OPTIONS.inspect);
  if (values.help) return { command: 'help', topic: 'inspect' };
  const [target, ...more] = positionals;
  if (target === undefined || more.length > 0) throw new UsageError('inspect needs one checkpoint or the name of one architecture.');
  const { arch, json, plan, shader, gpu, input, verbose } = values;
  if (plan && shader !== undefined) throw new UsageError('inspect prints a --plan or a --shader, not both.');
  if (!plan && shader === undefined && (gpu ?? values.precision) !== undefined)
    throw new UsageError('--gpu and --precision need --plan or --shader: layers are the same on every GPU.');
  const precision = parsePrecision(values.precision ?? 'f32');
  const size = input ? { input: parseSize(input) } : {};
  return { command: 'inspect', target, arch, json, verbose, plan, shader, gpu: gpu?.toLowerCase() ?? 'unknown', precision, ...size };
}

function parsePrecision(text: string): 'f32' | 'f16' {
  if (text !== 'f32' && text !== 'f16') throw new UsageError(`--precision must be f32 or f16, not “${text}”.`);
  return text;
}

function parseConvert(args: readonly string[]): ConvertArguments | { command: 'help'; topic: 'convert' } {
  const { values, positionals } = read(args, OPTIONS.convert);
  if (values.help) return { command: 'help', topic: 'convert' };
  const [checkpoint, ...more] = positionals;
  if (checkpoint === undefined || more.length > 0)
    throw new UsageError('convert needs one checkpoint: a file, https://… or hf:owner/repository.');
  const { arch, dtype, labels, out, force, verbose, json } = values;
  if (dtype !== 'f32' && dtype !== 'f16' && dtype !== 'int8') throw new UsageError(`--dtype must be f32, f16 or int8, not “${dtype}”.`);
  if (!out) throw new UsageError('convert needs a folder for the model: --out folder.');
  return { command: 'convert', checkpoint, arch, dtype, labels, out, force, verbose, json };
}

function parseExport(args: readonly string[]): ExportArguments | { command: 'help'; topic: 'export' } {
  const { values, positionals } = read(args, OPTIONS.export);
  if (values.help) return { command: 'help', topic: 'export' };
  const [checkpoint, ...more] = positionals;
  if (checkpoint === undefined || more.length > 0)
    throw new UsageError('export needs one checkpoint: a file, the folder of a converted model, https://… or hf:owner/repository.');
  const { arch, out, force, verbose, json, input } = values;
  if (!out) throw new UsageError('export needs a place for the model: --out model.onnx, --out model.tflite, or a folder for TF.js.');
  const to = values.to ?? /\.(onnx|tflite)$/i.exec(out)?.[1]?.toLowerCase();
  if (to !== 'onnx' && to !== 'tflite' && to !== 'tfjs')
    throw new UsageError(`--to must be onnx, tflite or tfjs${to === undefined ? ': the name of --out does not tell' : `, not “${to}”`}.`);
  const outputs = values.outputs?.split(',').map(parseOutput);
  return { command: 'export', checkpoint, arch, to, out, force, verbose, json, outputs, ...(input ? { input: parseSize(input) } : {}) };
}

/** 'logits', 'pooled', or the number of a stage. */
function parseOutput(text: string): ExportOutput {
  const name = text.trim();
  if (name === 'logits' || name === 'pooled') return name;
  if (/^\d$/.test(name)) return Number(name);
  throw new UsageError(`--outputs lists logits, pooled and numbers of stages, such as 0,1,2,3; “${name}” is none of them.`);
}

/** '224' or '224x160', height first. */
function parseSize(text: string): [number, number] {
  const match = /^(\d+)(?:x(\d+))?$/.exec(text);
  const height = Number(match?.[1]);
  const width = Number(match?.[2] ?? match?.[1]);
  if (!(height > 0 && width > 0)) throw new UsageError(`--input must be a size such as 224 or 224x160 (height first), not “${text}”.`);
  return [height, width];
}

function read<const Options extends NonNullable<Parameters<typeof parseArgs>[0]>['options']>(args: readonly string[], options: Options) {
  try {
    return parseArgs({ args: [...args], options, allowPositionals: true, strict: true });
  } catch (error) {
    // Node's own message names the option. For some mistakes it continues with a remark about `--`.
    throw new UsageError((error instanceof Error ? error.message : String(error)).replace(/\. To specify.*$/s, '.'));
  }
}
