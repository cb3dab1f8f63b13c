/** How many images fit into one submit. Pure. */

import type { Graph } from '../graph/types.ts';
import type { DeviceProfile } from '../kernels/lib/kernel.ts';
import { ResnetError } from '../util/errors.ts';
import type { Plan } from './types.ts';

export interface BatchLimits {
  maxStorageBufferBindingSize: number;
  maxBufferSize: number;
  maxComputeWorkgroupsPerDimension: number;
}

/** Limit of multiply-adds in a submit. A GPU that is busy for seconds is reset by a watchdog. */
const MAX_MACS: Partial<Record<DeviceProfile['name'], number>> = { software: 25e9, mobile: 50e9 };
const DEFAULT_MAX_MACS = 200e9;

/**
 * The largest batch that the device can bind, dispatch and finish in time: `wanted`, or that halved repeatedly.
 * @throws {ResnetError} `device-limits` if not even one image fits
 */
export function batchLimit(
  wanted: number,
  profile: DeviceProfile,
  limits: BatchLimits,
  planOf: (batch: number) => { graph: Graph; plan: Plan },
): number {
  for (let n = wanted; ; n = Math.ceil(n / 2)) {
    const obstacle = findObstacle(n, profile, limits, planOf);
    if (!obstacle) return n;
    if (n === 1) throw obstacle;
  }
}

function findObstacle(
  n: number,
  profile: DeviceProfile,
  limits: BatchLimits,
  planOf: (batch: number) => { graph: Graph; plan: Plan },
): ResnetError | undefined {
  const fail = (layer: string | undefined, what: string) =>
    new ResnetError('device-limits', what, {
      layer,
      hint: "Use a smaller image, precision: 'f16', or a device made with deviceDescriptor(adapter).",
    });
  let made: { graph: Graph; plan: Plan };
  try {
    made = planOf(n);
  } catch (error) {
    if (error instanceof ResnetError && error.code === 'device-limits') return error;
    throw error;
  }
  const { graph, plan } = made;
  for (const { name, storage } of plan.tensors) {
    if (storage.byteLength > limits.maxStorageBufferBindingSize) {
      return fail(
        name,
        `needs ${storage.byteLength} bytes for one tensor, but this device binds at most ${limits.maxStorageBufferBindingSize}.`,
      );
    }
    // The arena opens another buffer when one is full. But all inputs share one buffer, and so do all outputs.
    if (storage.pool !== 'arena' && storage.byteOffset + storage.byteLength > limits.maxBufferSize) {
      return fail(
        name,
        `needs ${storage.byteOffset + storage.byteLength} bytes for all ${storage.pool}s, but this device makes buffers of at most ${limits.maxBufferSize}.`,
      );
    }
  }
  for (const { layer, dispatch } of plan.steps) {
    const most = Math.max(...dispatch.workgroups);
    if (most > limits.maxComputeWorkgroupsPerDimension) {
      return fail(
        layer,
        `needs ${most} workgroups along one axis, but this device starts at most ${limits.maxComputeWorkgroupsPerDimension}.`,
      );
    }
  }
  if (n > 1 && graph.macs > (MAX_MACS[profile.name] ?? DEFAULT_MAX_MACS)) return fail(undefined, 'takes too long for one submit.');
  return undefined;
}
