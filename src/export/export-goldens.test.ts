/** Every small network of the reference cases, exported, run by the other runtimes, compared with PyTorch's outputs. */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { expectClose, f32 } from '../../test/support/compare.ts';
import { runOnnx, runTfjs, runTflite } from '../../test/support/export-runtimes.ts';
import { readNpyTensor } from '../../test/support/npy.ts';
import type { Tensor } from '../api/types.ts';
import { buildGraph } from '../arch/graph.ts';
import type { Arch } from '../arch/index.ts';
import { readCheckpoint } from '../checkpoint/read.ts';
import type { Checkpoint } from '../checkpoint/types.ts';
import type { Graph, OpName } from '../graph/types.ts';
import { type ExportOutput, toOnnx, toTfjsGraph, toTflite } from './index.ts';

const root = process.env.GOLDENS ?? 'test/goldens';

/** Operations that TensorFlow, ONNX or their runtimes in the browser lack. */
const UNSUPPORTED: OpName[] = ['deform_conv2d', 'position_energy', 'attention_mask'];

interface Case {
  framework: string;
  config: Record<string, unknown>;
  input: { file: string };
  outputs: { out_index: number | 'img'; file: string }[];
  logits?: { file: string };
}

interface Network {
  graph: Graph;
  checkpoint: Checkpoint;
  input: Tensor;
  expected: Map<ExportOutput, Tensor>;
}

async function load(folder: string): Promise<Network> {
  const tensor = (file: string) => readNpyTensor(readFileSync(`${folder}/${file}`));
  const { framework, config, input, outputs, logits }: Case = JSON.parse(readFileSync(`${folder}/case.json`, 'utf8'));
  const x = tensor(input.file);
  const expected = new Map<ExportOutput, Tensor>(outputs.map(({ out_index, file }) => [out_index, tensor(file)]));
  if (logits) expected.set('logits', tensor(logits.file));
  return {
    graph: buildGraph((framework === 'mm' ? config : { library: framework, ...config }) as Arch, x.shape),
    checkpoint: await readCheckpoint(readFileSync(`${folder}/weights.safetensors`)),
    input: x,
    expected,
  };
}

function compare(results: Record<string, Tensor>, expected: Network['expected']): void {
  expect(Object.keys(results)).toHaveLength(expected.size);
  for (const [output, tensor] of expected) {
    const name = typeof output === 'number' ? `stage${output}` : output;
    expectClose(name, results[name], tensor, f32());
  }
}

for (const group of ['classifier', 'resnet', 'timm', 'torchvision', 'mmdet']) {
  if (!existsSync(`${root}/${group}`)) {
    describe.skip(`${group}: no cases in ${root}; set GOLDENS to a folder that has them`, () => test('none'));
    continue;
  }
  describe(group, () => {
    test.each(readdirSync(`${root}/${group}`))('%s', { timeout: 120_000 }, async (name) => {
      const { graph, checkpoint, input, expected } = await load(`${root}/${group}/${name}`);
      const outputs = [...expected.keys()];
      const refused = graph.nodes.find(({ op }) => UNSUPPORTED.includes(op));
      if (refused) {
        for (const write of [toOnnx, toTfjsGraph, toTflite]) {
          await expect(write(graph, checkpoint, { outputs })).rejects.toMatchObject({ code: 'unsupported', layer: refused.name });
        }
        return;
      }
      compare(await runOnnx(await toOnnx(graph, checkpoint, { outputs }), { input }), expected);
      compare(await runTfjs(await toTfjsGraph(graph, checkpoint, { outputs }), { input }), expected);
      compare(await runTflite(await toTflite(graph, checkpoint, { outputs }), { input }), expected);
    });
  });
}
