/** What was typed, as checked settings. */
import { parseArgs } from 'node:util';

export interface ClassifyArguments {
  command: 'classify';
  images: string[];
  arch?: string;
  weights?: string;
  labels?: string;
  top: number;
  precision: 'f32' | 'f16';
  json: boolean;
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
  /** For which GPU: a class or a name. */
  gpu: string;
  precision: 'f32' | 'f16';
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
  json: boolean;
}

export const COMMANDS = ['classify', 'inspect', 'convert'] as const;
export type Command = (typeof COMMANDS)[number];

export type Arguments =
  | ClassifyArguments
  | InspectArguments
  | ConvertArguments
  | { command: 'help'; topic?: Command }
  | { command: 'version' };

/** A command line that means nothing; the exit code is 2. */
export class UsageError extends Error {
  override readonly name = 'UsageError';
}

const OPTIONS = {
  classify: {
    arch: { type: 'string', short: 'a' },
    weights: { type: 'string', short: 'w' },
    labels: { type: 'string', short: 'l' },
    top: { type: 'string', short: 'k', default: '5' },
    precision: { type: 'string', short: 'p', default: 'f32' },
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
    json: { type: 'boolean', default: false },
    help: { type: 'boolean', short: 'h', default: false },
  },
  convert: {
    arch: { type: 'string', short: 'a' },
    dtype: { type: 'string', short: 'd', default: 'f32' },
    labels: { type: 'string', short: 'l' },
    out: { type: 'string', short: 'o' },
    force: { type: 'boolean', short: 'f', default: false },
    json: { type: 'boolean', default: false },
    help: { type: 'boolean', short: 'h', default: false },
  },
} as const;

export function parse(argv: readonly string[]): Arguments {
  const [command, ...rest] = argv;
  if (command === undefined || command === '--help' || command === '-h') return { command: 'help' };
  if (command === '--version' || command === '-v') return { command: 'version' };
  if (command === 'help') return { command: 'help', topic: COMMANDS.find((name) => name === rest[0]) };
  if (command === 'classify') return parseClassify(rest);
  if (command === 'inspect') return parseInspect(rest);
  if (command === 'convert') return parseConvert(rest);
  // A file name alone says enough.
  if (/\.(png|jpe?g|webp|avif|gif|bmp)$/i.test(command)) return parseClassify(argv);
  throw new UsageError(`“${command}” is no command. There are ${COMMANDS.slice(0, -1).join(', ')} and ${COMMANDS.at(-1)}.`);
}

function parseClassify(args: readonly string[]): Arguments {
  const { values, positionals } = read(args, OPTIONS.classify);
  if (values.help) return { command: 'help', topic: 'classify' };
  if (positionals.length === 0) throw new UsageError('classify needs at least one image, or - for standard input.');
  const top = Number(values.top);
  if (!Number.isInteger(top) || top < 1) throw new UsageError(`--top must be a whole number from 1 on, not “${values.top}”.`);
  const precision = parsePrecision(values.precision);
  const { arch, weights, labels, json, browser } = values;
  if (arch !== undefined && weights === undefined)
    throw new UsageError('--arch needs --weights: the bundled network has its own architecture.');
  return { command: 'classify', images: positionals, arch, weights, labels, top, precision, json, browser };
}

function parseInspect(args: readonly string[]): Arguments {
  const { values, positionals } = read(args, OPTIONS.inspect);
  if (values.help) return { command: 'help', topic: 'inspect' };
  const [target, ...more] = positionals;
  if (target === undefined || more.length > 0) throw new UsageError('inspect needs one checkpoint or the name of one architecture.');
  const { arch, json, plan, shader, gpu, input } = values;
  if (plan && shader !== undefined) throw new UsageError('inspect prints a --plan or a --shader, not both.');
  if (!plan && shader === undefined && (gpu ?? values.precision) !== undefined)
    throw new UsageError('--gpu and --precision need --plan or --shader: layers are the same on every GPU.');
  const precision = parsePrecision(values.precision ?? 'f32');
  const size = input ? { input: parseSize(input) } : {};
  return { command: 'inspect', target, arch, json, plan, shader, gpu: gpu?.toLowerCase() ?? 'unknown', precision, ...size };
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
  const { arch, dtype, labels, out, force, json } = values;
  if (dtype !== 'f32' && dtype !== 'f16' && dtype !== 'int8') throw new UsageError(`--dtype must be f32, f16 or int8, not “${dtype}”.`);
  if (!out) throw new UsageError('convert needs a folder for the model: --out folder.');
  return { command: 'convert', checkpoint, arch, dtype, labels, out, force, json };
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
    // Node's own text names the option and, for some mistakes, goes on about `--`.
    throw new UsageError((error instanceof Error ? error.message : String(error)).replace(/\. To specify.*$/s, '.'));
  }
}
