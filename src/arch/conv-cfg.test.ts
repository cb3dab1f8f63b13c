/**
 * Every conv_cfg with every norm_cfg in every family, at reduced widths, compared with OpenMMLab's own classes
 * (test/conv-cfg/generate.py). It tests that a setting reaches the same convolutions as there, and no others.
 */
import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { hashed, hashedCheckpoint } from '../../test/support/hashed-weights.ts';
import { runGraph } from '../../test/support/run-graph.ts';
import { bindCheckpoint } from '../checkpoint/bind.ts';
import type { BackboneConfig } from './config.ts';
import { buildGraph } from './graph.ts';

interface Case {
  config: BackboneConfig & { norm_cfg: { type: string }; conv_cfg?: { type: string } };
  /** In the order of out_indices: the L2 norm of the whole map, and every `step`-th number. */
  outputs: { shape: number[]; norm: number; step: number; values: number[] }[];
}

const cases: Case[] = JSON.parse(readFileSync('test/conv-cfg/reference.json', 'utf8'));
const shape = [1, 3, 29, 22];
const data = hashed('input', 3 * 29 * 22);

const families = new Map<string, Case[]>();
for (const one of cases) {
  const { type, depth, style, test_branch_idx: branch } = one.config as Record<string, unknown>;
  const name = `${type}${depth ? `-${depth}` : ''}${style ? ` ${style}` : ''}${branch === undefined ? '' : ` branch ${branch}`}`;
  families.set(name, [...(families.get(name) ?? []), one]);
}

describe.each([...families])('%s', (_, ofFamily) => {
  test.each(ofFamily.map((one) => [`${one.config.conv_cfg?.type ?? 'no conv_cfg'}, ${one.config.norm_cfg.type}`, one] as const))(
    '%s',
    async (_name, { config, outputs }) => {
      const graph = buildGraph(config, shape);
      const bound = await bindCheckpoint(graph, hashedCheckpoint(graph), { arch: 'case' });
      const values = await runGraph(graph, bound, { data, shape });
      const stages = (config as { out_indices?: number[] }).out_indices ?? [];
      outputs.forEach((expected, i) => {
        const node = graph.outputs.find(({ kind, stage }) => kind === 'feature' && stage === stages[i])?.node ?? '';
        const actual = values.get(node) ?? { data: new Float32Array(), shape: [] };
        expect(actual.shape).toEqual(expected.shape);
        const norm = Math.hypot(...actual.data);
        expect(Math.abs(norm / expected.norm - 1)).toBeLessThan(1e-4);
        const error = Math.hypot(...expected.values.map((value, k) => (actual.data[k * expected.step] ?? Number.NaN) - value));
        expect(error / Math.hypot(...expected.values)).toBeLessThan(1e-4);
      });
    },
  );
});
