/** Excludes what a device refuses or computes wrongly from its later plans. Fetched when something failed. */
import { Avoided, type Form, isAlone } from '../kernels/avoid.ts';
import type { DeviceProfile, Dispatch } from '../kernels/lib/kernel.ts';
import { ResnetError } from '../util/errors.ts';

/** What this file needs of a PipelineCache (pipelines.ts), which fetches it. */
interface Pipelines {
  avoided: Avoided | undefined;
  readonly refused: WeakMap<object, Dispatch>;
  readonly compiling: Set<Dispatch>;
  get(dispatch: Dispatch): Promise<GPUComputePipeline>;
  settled(): Promise<unknown>;
}

/** What it needs of an Engine (device.ts). */
interface Device {
  readonly device: GPUDevice;
  readonly pipelines: Pipelines;
  profile: DeviceProfile;
}

/** A loss may be reported only after the compilation that it broke. */
const LOSS_MS = 50;

/** Excludes the dispatch. Returns false if nothing else can replace it. */
export function avoid(engine: Device, dispatch: Form, reason: string): boolean {
  const avoided = avoidedBy(engine.pipelines);
  if (!avoided.add(dispatch, reason)) return false;
  engine.profile = avoided.adapt(engine.profile);
  return true;
}

/** Excludes kernels that use more threads in a workgroup. */
export function keepWithin(engine: Device, threads: number): void {
  const avoided = avoidedBy(engine.pipelines);
  avoided.keepWithin(threads);
  engine.profile = avoided.adapt(engine.profile);
}

/** Excludes everything that computes the same, except for a plain kernel. */
export function avoidFamily(engine: Device, dispatch: Form, reason: string): boolean {
  const avoided = avoidedBy(engine.pipelines);
  if (!avoided.addFamily(dispatch, reason)) return false;
  engine.profile = avoided.adapt(engine.profile);
  return true;
}

/**
 * Excludes the dispatch whose pipeline failed, and with it all others that failed by now, so that another plan can be made.
 * @returns false if there is no alternative, or if the device is lost and the kernel is not to blame
 */
export async function avoidRefused(engine: Device, error: unknown): Promise<boolean> {
  const { device, pipelines } = engine;
  const dispatch = pipelines.refused.get(error as object);
  if (!dispatch || (await isLost(device))) return false;
  // All pipelines of a plan are compiled at the same time, and only the first failure rejects. The next plan may not contain the others,
  // but the driver refused them, too.
  await pipelines.settled();
  const failed = failures.get(pipelines) ?? new Map<Dispatch, string>();
  failures.delete(pipelines);
  const isAvoided = avoid(engine, dispatch, failed.get(dispatch) ?? reasonIn(''));
  failed.delete(dispatch);
  for (const [other, reason] of failed) avoid(engine, other, reason);
  return isAvoided;
}

/** Reasons in words, by the dispatches that failed and are not yet excluded. */
const failures = new WeakMap<Pipelines, Map<Dispatch, string>>();

export interface Refusal {
  dispatch: Dispatch;
  label: string;
  /** Undefined if the driver did not even make the module. */
  module: GPUShaderModule | undefined;
  code: string;
  cause: unknown;
}

/**
 * Replaces a refused pipeline of a kernel that is not in any plan: those of images and of the ranking.
 * @throws ResnetError `shader` if there is no replacement
 */
export async function refused(pipelines: Pipelines, device: GPUDevice, refusal: Refusal): Promise<GPUComputePipeline> {
  const { dispatch, label, module, code, cause } = refusal;
  const message = (await messagesOf(module)).find(({ type }) => type === 'error');
  const error = new ResnetError('shader', message ? excerpt(code, message) : String(cause), {
    layer: label,
    hint: 'Please report this with your browser, GPU and driver versions.',
    cause,
  });
  const reason = reasonIn(message?.message || (cause as Partial<Error> | undefined)?.message || (typeof cause === 'string' ? cause : ''));
  pipelines.refused.set(error, dispatch);
  if (await isLost(device)) throw error;
  pipelines.compiling.delete(dispatch);
  if (!isAlone(dispatch)) {
    failures.set(pipelines, (failures.get(pipelines) ?? new Map()).set(dispatch, reason));
    throw error;
  }
  avoidedBy(pipelines).add(dispatch, reason);
  return pipelines.get(dispatch);
}

/** The compiler's messages. Empty if it does not tell. */
async function messagesOf(module: GPUShaderModule | undefined): Promise<readonly GPUCompilationMessage[]> {
  try {
    return (await module?.getCompilationInfo())?.messages ?? [];
  } catch {
    return [];
  }
}

/** The compiler's message with an excerpt of the shader, since built shaders have long lines. */
function excerpt(code: string, { message, lineNum, linePos, offset }: GPUCompilationMessage): string {
  return `${message} at ${lineNum}:${linePos}\n${code.slice(Math.max(0, offset - 160), offset + 160)}\n`;
}

function avoidedBy(pipelines: Pipelines): Avoided {
  pipelines.avoided ??= new Avoided();
  return pipelines.avoided;
}

async function isLost(device: GPUDevice): Promise<boolean> {
  const lost = device.lost.then(() => true);
  return Promise.race([lost, new Promise<boolean>((resolve) => setTimeout(resolve, LOSS_MS, false))]);
}

/** The first line of what the compiler or the driver said. */
function reasonIn(text: string): string {
  const said = text.trim().split('\n')[0]?.trim().replace(/\.$/, '');
  return `the driver refused it (${said && said.length > 120 ? `${said.slice(0, 119)}…` : said || 'without a message'})`;
}
