/** Networks of today's timm, torchvision and transformers, compared with the libraries' results (test/libraries), in plain JavaScript. */
import { describe, expect, test } from 'vitest';
import { type Arch, resolveArch } from '../../src/arch/index.ts';
import { bindCheckpoint } from '../../src/checkpoint/bind.ts';
import { timmCard } from '../../src/checkpoint/hub-timm.ts';
import { transformersCard } from '../../src/checkpoint/hub-transformers.ts';
import { matchWhole } from '../../src/checkpoint/match.ts';
import type { RepositoryCard } from '../../src/checkpoint/repository-card.ts';
import { reread } from '../../src/checkpoint/reread.ts';
import { forward } from '../../src/convert/forward.ts';
import timm from '../libraries/timm.json' with { type: 'json' };
import torchvision from '../libraries/torchvision.json' with { type: 'json' };
import transformers from '../libraries/transformers.json' with { type: 'json' };
import { expectClose } from '../support/compare.ts';
import { goldenCheckpoint, goldenInput, type LibraryGolden, sampled } from '../support/library-goldens.ts';

function cardOf({ arch, config = {} }: LibraryGolden): RepositoryCard {
  if (arch !== undefined) return { arch };
  return 'architecture' in config ? timmCard(config, 'hf:one/model') : transformersCard(config, undefined, 'hf:one/model');
}

describe.each([
  ['timm', timm],
  ['torchvision', torchvision],
  ['transformers', transformers],
])('%s', (_, cases) => {
  test.each(cases as LibraryGolden[])('$name', { timeout: 60_000 }, async (golden) => {
    const checkpoint = goldenCheckpoint(golden);
    const card = cardOf(golden);
    // Like loadModel: with the library's names, or with those of the tree reader.
    const named = await resolveArch(card.arch as Arch, { numClasses: card.numClasses, keys: checkpoint.tensors });
    const understood = matchWhole(named, checkpoint)
      ? undefined
      : await reread(card.arch as Arch, { numClasses: card.numClasses }, checkpoint);
    const arch = understood?.arch ?? named;
    const graph = arch.build(golden.shape);
    const bound = await bindCheckpoint(graph, understood?.view?.(checkpoint) ?? checkpoint, { arch: arch.name });
    const read = async (key: string) => (await bound.get(key).read()).data;
    const outputs = graph.outputs.map(({ node }) => node);
    const values = await forward(graph, read, goldenInput(golden), outputs);
    const { features } = arch.defaultRun;
    const stages = features.length > 0 ? features : graph.outputs.flatMap(({ kind, stage }) => (kind === 'feature' ? [stage] : []));
    for (const [i, { shape, values: expected }] of golden.maps.toReversed().entries()) {
      const node = graph.outputs.find(({ kind, stage }) => kind === 'feature' && stage === stages.at(-1 - i))?.node ?? '';
      const map = values.get(node);
      expect(map?.shape).toEqual(shape);
      if (map)
        expectClose(
          `map ${node}`,
          { data: sampled(map), shape: [expected.length] },
          { data: expected, shape: [expected.length] },
          { relative: 1e-5 },
        );
    }
    const logits = graph.outputs.find(({ kind }) => kind === 'logits')?.node;
    expect(logits !== undefined).toBe(golden.logits !== undefined);
    if (golden.logits) {
      const shape = [1, golden.logits.length];
      expectClose('logits', values.get(logits ?? ''), { data: golden.logits, shape }, { relative: 1e-5 });
    }
  });
});
