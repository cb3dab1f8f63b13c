/** Checkpoints with random structures, names and wrappers (test/wild/generate.py), read without `arch` and computed in plain JavaScript. */
import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { expectClose, f32 } from '../../test/support/compare.ts';
import { runGraph } from '../../test/support/run-graph.ts';
import { buildGraph } from '../arch/graph.ts';
import { bindCheckpoint } from './bind.ts';
import { guessArch } from './guess.ts';
import { readCheckpoint } from './read.ts';

interface Case {
  file: string;
  naming: string;
  prefix: string;
  wrapper: string;
  head: string;
  form: string;
  kind: 'features' | 'logits';
  blocks: number[];
  size: number;
  values: number[];
}

const folder = 'test/wild/files';
const cases: Case[] = JSON.parse(readFileSync(`${folder}/cases.json`, 'utf8'));

describe('wild checkpoints', () => {
  test.each(cases)(
    '$file: $naming names under "$prefix" in "$wrapper", head $head, $form',
    async ({ file, kind, blocks, size, values }) => {
      const { arch, checkpoint, assumed } = guessArch(await readCheckpoint(new File([readFileSync(`${folder}/${file}`)], file)));
      const shape = [1, 3, size, size];
      const data = Float32Array.from({ length: 3 * size * size }, (_, i) => ((i * 37) % 101) / 50 - 1);
      const graph = buildGraph(arch, shape, { keys: checkpoint.tensors });
      const bound = await bindCheckpoint(graph, checkpoint, { arch: file });
      const all = await runGraph(graph, bound, { data, shape });
      const output = graph.outputs.find(
        (one) => one.kind === (kind === 'logits' ? 'logits' : 'feature') && (kind === 'logits' || one.stage === blocks.length - 1),
      );
      const actual = all.get(output?.node ?? '');
      expectClose(file, actual, { data: Float32Array.from(values), shape: actual?.shape ?? [] }, f32());
      // Strides and pooling leave no trace, so there is always an assumption.
      expect(assumed.length).toBeGreaterThan(0);
    },
  );
});
