/** Kernels for software adapters, in a file that is only fetched for these. conv/dispatch.ts uses them. */
import conv from '../../shaders/conv/conv-serial.wgsl?raw';
import stem from '../../shaders/stem/stem-serial.wgsl?raw';
import type { ProcessorKernels } from './lib/kernel.ts';

/** @param quads whether there are subgroups of 4 that workgroups fill in order, and the feature is enabled */
export function processorKernels(quads: boolean): ProcessorKernels {
  return { conv, stem, quads };
}
