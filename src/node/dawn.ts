/**
 * WebGPU in Node: Dawn, from the package `webgpu`, which the user installs. No import names that package, because bundlers for
 * browsers would look for it. Node's `require` loads its ES module (Node 20.19).
 */
import { ResnetError } from '../util/errors.ts';

interface Dawn {
  create(flags: string[]): GPU;
  globals: object;
}

type Require = (name: string) => unknown;

interface NodeProcess {
  argv?: readonly string[];
  cwd(): string;
  getBuiltinModule?(name: string): { createRequire(file: string): Require } | undefined;
}

/** Never released: Dawn's adapters and devices die with the object that they came from, even during a call. */
const opened = new Map<string, GPU>();

/** Why there is no Dawn, for an error message. */
export type NoDawn = { reason: string; cause?: unknown };

/** What to do if there is no adapter. Dawn refuses some installed drivers, such as Debian's software driver (lavapipe). */
export const NO_DRIVER =
  'Install or update the driver of the GPU (Vulkan, Metal or Direct3D 12); Dawn prints why it does not accept one. ' +
  'Without a GPU, set VK_DRIVER_FILES to the vk_swiftshader_icd.json beside the program of Chromium or Chrome.';

/** @param flags Dawn's flags, such as `backend=vulkan` or `adapter=name` */
export function openDawn(flags: readonly string[] = []): GPU | NoDawn {
  const key = flags.join('\n');
  const known = opened.get(key);
  if (known) return known;
  const dawn = requireDawn();
  if (!('create' in dawn)) return dawn;
  try {
    // GPUBufferUsage and similar globals, for programs that make buffers themselves.
    Object.assign(globalThis, dawn.globals);
    const gpu = dawn.create([...flags]);
    opened.set(key, gpu);
    return gpu;
  } catch (cause) {
    return { reason: 'the package webgpu does not start', cause };
  }
}

/** From the project in which Node was started, or from the program's own folder. */
function requireDawn(): Dawn | NoDawn {
  const { process } = globalThis as { process?: NodeProcess };
  const { createRequire } = process?.getBuiltinModule?.('node:module') ?? {};
  if (!process || !createRequire) return { reason: 'this is not Node 20.19 or later' };
  let failure: NoDawn = { reason: 'the package webgpu is not installed' };
  for (const from of [process.argv?.[1], `${process.cwd()}/package.json`]) {
    if (!from) continue;
    try {
      return createRequire(from)('webgpu') as Dawn;
    } catch (cause) {
      const missing = cause instanceof Error && 'code' in cause && cause.code === 'MODULE_NOT_FOUND';
      if (!missing) failure = { reason: 'the package webgpu does not load', cause };
    }
  }
  return failure;
}

/** @throws ResnetError `webgpu-missing` */
export function dawnOrThrow(flags?: readonly string[]): GPU {
  const gpu = openDawn(flags);
  if (!('reason' in gpu)) return gpu;
  const because = gpu.cause instanceof Error ? ` (${gpu.cause.message})` : '';
  throw new ResnetError('webgpu-missing', `Node has no built-in WebGPU, and ${gpu.reason}${because}.`, {
    hint: 'Run npm install webgpu, or pass a device as options.device.',
    cause: gpu.cause,
  });
}
