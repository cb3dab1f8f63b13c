/**
 * The most probable classes of each row of logits, so that a classification only reads back a few bytes. Runs after the network if the
 * caller wants it, and is not part of a plan.
 *
 * Buffers: logits (float32 [rows, classes]), output (u32 [rows, 2 + 2 k], see the shader).
 */
import topKShader from '../../../shaders/top-k/top-k.wgsl?raw';
import { type Dispatch, workgroups } from '../lib/kernel.ts';

export interface TopKParams {
  rows: number;
  classes: number;
  /** At most `classes`. */
  k: number;
}

export function topKDispatch({ rows, classes, k }: TopKParams): Dispatch {
  return {
    kernel: 'top-k',
    shader: topKShader,
    variant: '64',
    precision: 'f32',
    constants: {},
    bindings: ['read', 'write'],
    uniforms: { classes, k },
    workgroups: workgroups('top-k', rows),
  };
}

/** Words in a row of the output. */
export function topKWords(k: number): number {
  return 2 + 2 * k;
}
