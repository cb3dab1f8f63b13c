/** A device and what a network has on it: all is lost together, and replaced together. */
import { closeEngine, type Engine, type EngineOptions, openEngine } from './device.ts';
import { Executables } from './executables.ts';
import { WeightStore } from './weight-store.ts';

export interface DeviceResources {
  engine: Engine;
  weights: WeightStore;
  executables: Executables;
}

/** Opens a device, on which there is nothing yet. */
export async function openResources(options: EngineOptions): Promise<DeviceResources> {
  const engine = await openEngine(options);
  return { engine, weights: new WeightStore(engine), executables: new Executables() };
}

export function disposeResources({ engine, weights, executables }: DeviceResources): void {
  executables.dispose();
  weights.dispose();
  closeEngine(engine);
}
