/** What a device refuses or computes wrongly is left out of its plans from then on. Fetched when something failed. */
import { Avoided, type Form, isAlone } from '../kernels/avoid.ts';
import type { Dispatch } from '../kernels/lib/kernel.ts';
import { ResnetError } from '../util/errors.ts';
import type { Engine } from './device.ts';
import type { PipelineCache } from './pipelines.ts';

/** A loss may be reported after the compilation that it broke. */
const LOSS_MS = 50;

/** Leaves the dispatch out. False where nothing else can take its place. */
export function avoid(engine: Engine, dispatch: Form, reason: string): boolean {
  const avoided = avoidedBy(engine.pipelines);
  if (!avoided.add(dispatch, reason)) return false;
  engine.profile = avoided.adapt(engine.profile);
  return true;
}

/** Leaves out what takes more threads in a workgroup. */
export function keepWithin(engine: Engine, threads: number): void {
  const avoided = avoidedBy(engine.pipelines);
  avoided.keepWithin(threads);
  engine.profile = avoided.adapt(engine.profile);
}

/** Leaves out whatever computes the same, but for a plain kernel. */
export function avoidFamily(engine: Engine, dispatch: Form, reason: string): boolean {
  const avoided = avoidedBy(engine.pipelines);
  if (!avoided.addFamily(dispatch, reason)) return false;
  engine.profile = avoided.adapt(engine.profile);
  return true;
}

/**
 * Leaves out what a pipeline's failure is about, so that another plan can be made.
 * @returns false where there is nothing else, or the device is gone and the kernel not to blame
 */
export async function avoidRefused(engine: Engine, error: unknown): Promise<boolean> {
  const dispatch = engine.pipelines.refused.get(error as object);
  return dispatch !== undefined && !(await isLost(engine.device)) && avoid(engine, dispatch, reasons.get(error as object) ?? reasonIn(''));
}

/** In words, of errors that a pipeline's failure gave. */
const reasons = new WeakMap<object, string>();

export interface Refusal {
  dispatch: Dispatch;
  label: string;
  /** There is none where the driver would not even make that. */
  module: GPUShaderModule | undefined;
  code: string;
  cause: unknown;
}

/**
 * A pipeline in place of one that was refused, for a kernel that is in no plan: those of images and the ranking.
 * @throws ResnetError `shader` where there is none
 */
export async function refused(pipelines: PipelineCache, device: GPUDevice, refusal: Refusal): Promise<GPUComputePipeline> {
  const { dispatch, label, module, code, cause } = refusal;
  const message = (await messagesOf(module)).find(({ type }) => type === 'error');
  const error = new ResnetError('shader', message ? excerpt(code, message) : String(cause), {
    layer: label,
    hint: 'Please report this with your browser, GPU and driver versions.',
    cause,
  });
  const reason = reasonIn(message?.message || (cause as Partial<Error> | undefined)?.message || (typeof cause === 'string' ? cause : ''));
  pipelines.refused.set(error, dispatch);
  reasons.set(error, reason);
  if (await isLost(device)) throw error;
  pipelines.compiling.delete(dispatch);
  if (!isAlone(dispatch)) throw error;
  avoidedBy(pipelines).add(dispatch, reason);
  return pipelines.get(dispatch);
}

/** What the compiler said; nothing where it does not tell. */
async function messagesOf(module: GPUShaderModule | undefined): Promise<readonly GPUCompilationMessage[]> {
  try {
    return (await module?.getCompilationInfo())?.messages ?? [];
  } catch {
    return [];
  }
}

/** The compiler's message with the text around it; built shaders have long lines. */
function excerpt(code: string, { message, lineNum, linePos, offset }: GPUCompilationMessage): string {
  return `${message} at ${lineNum}:${linePos}\n${code.slice(Math.max(0, offset - 160), offset + 160)}\n`;
}

function avoidedBy(pipelines: PipelineCache): Avoided {
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
