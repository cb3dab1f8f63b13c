/**
 * Every small network of the reference cases, from configuration and checkpoint to feature maps and logits. Compares a plain
 * JavaScript computation with PyTorch's results.
 */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { expectClose, f32 } from '../../test/support/compare.ts';
import { readNpyTensor } from '../../test/support/npy.ts';
import { runGraph } from '../../test/support/run-graph.ts';
import { bindCheckpoint } from '../checkpoint/bind.ts';
import { readCheckpoint } from '../checkpoint/read.ts';
import { type Arch, resolveArch } from './index.ts';

const root = process.env.GOLDENS ?? 'test/goldens';

interface Case {
  framework: string;
  config: Record<string, unknown>;
  input: { file: string };
  outputs: { out_index: number | 'img'; file: string }[];
  logits?: { file: string };
}

for (const group of ['resnet', 'classifier', 'timm', 'torchvision', 'mmdet']) {
  if (!existsSync(`${root}/${group}`)) {
    describe.skip(`${group}: no cases in ${root}; set GOLDENS to a folder that has them`, () => test('none'));
    continue;
  }
  describe(group, () => {
    test.each(readdirSync(`${root}/${group}`))('%s', { timeout: 60_000 }, async (name) => {
      const folder = `${root}/${group}/${name}`;
      const tensor = (file: string) => readNpyTensor(readFileSync(`${folder}/${file}`));
      const { framework, config, input, outputs, logits }: Case = JSON.parse(readFileSync(`${folder}/case.json`, 'utf8'));
      const arch = (framework === 'mm' ? config : { library: framework, ...config }) as Arch;
      const resolved = await resolveArch(arch);
      const x = tensor(input.file);
      const graph = resolved.build(x.shape);
      const checkpoint = await readCheckpoint(readFileSync(`${folder}/weights.safetensors`));
      const bound = await bindCheckpoint(graph, checkpoint, { arch: name });
      const values = await runGraph(graph, bound, x);
      const valueAt = (kind: string, stage?: number | 'img') => {
        const node = graph.outputs.find((one) => one.kind === kind && one.stage === stage)?.node ?? '';
        return values.get(node);
      };
      for (const { out_index, file } of outputs) expectClose(`stage ${out_index}`, valueAt('feature', out_index), tensor(file), f32());
      if (logits) expectClose('logits', valueAt('logits'), tensor(logits.file), f32());
      if (framework !== 'mm' || 'out_indices' in ((config.backbone ?? config) as object)) {
        expect(resolved.defaultRun.features).toEqual(outputs.map(({ out_index }) => out_index));
      }
    });
  });
}
