/** A device and what a network has on it: all is lost together, and replaced together. */
import { closeEngine, type Engine, type EngineOptions, openEngine } from '../gpu/device.ts';
import { Executables } from '../gpu/executables.ts';
import { WeightStore } from '../gpu/weight-store.ts';

export interface OnDevice {
  engine: Engine;
  weights: WeightStore;
  executables: Executables;
}

export async function openOnDevice(options: EngineOptions): Promise<OnDevice> {
  const engine = await openEngine(options);
  return { engine, weights: new WeightStore(engine), executables: new Executables() };
}

export function disposeOf({ engine, weights, executables }: OnDevice): void {
  executables.dispose();
  weights.dispose();
  closeEngine(engine);
}
