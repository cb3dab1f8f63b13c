/** The kernels that networks use on the GPUs whose compilers tools/gpu-stats has. */
import { createHash } from 'node:crypto';
import { buildGraph } from '../../src/arch/graph.ts';
import { describeAdapter, deviceProfile } from '../../src/gpu/device-profile.ts';
import { withF16Arithmetic } from '../../src/kernels/conv/f16-arithmetic.ts';
import type { Precision } from '../../src/kernels/lib/kernel.ts';
import { shaderText } from '../../src/kernels/lib/shaders.ts';
import { makePlan } from '../../src/plan/plan.ts';

/** Descriptions of their adapters. */
export const FAMILIES: readonly { family: string; info: Partial<GPUAdapterInfo> }[] = [
  { family: 'navi21', info: { vendor: 'amd', architecture: 'rdna-2', description: 'radv navi21' } },
  { family: 'vangogh', info: { vendor: 'amd', architecture: 'rdna-2', description: 'radv vangogh' } },
  { family: 'tgl', info: { vendor: 'intel', architecture: 'gen-12lp' } },
  { family: 'dg2', info: { vendor: 'intel', architecture: 'gen-12hp' } },
  { family: 'ada', info: { vendor: 'nvidia', architecture: 'lovelace' } },
];

export const NETWORKS = ['resnet18', 'resnet50', 'resnext50_32x4d'] as const;

/** Bytes of spills that are allowed everywhere, the size of one register: ptxas only tells those of a whole program, not where they are. */
const SPILLS_LET: Record<string, number> = { ada: 4 };

/** Known spills in the loops around a hot loop, by family and kernel. The list may only become shorter (test/unit/kernel-record.test.ts). */
export const KNOWN_SPILLS: Record<string, Record<string, number>> = {
  tgl: {
    'stem-tiled 8x4': 7,
    'conv-tiled winograd2 tiled-8x4-16, part of a sum': 7,
    'conv-tiled tiled-8x4-16': 102,
    'conv-tiled tiled-4x4-32': 44,
    'conv-tiled tiled-8x4-16, part of a sum': 103,
    'conv-grouped 2x4': 2,
    'stem-tiled 8x4, f16': 7,
    'conv-tiled tiled-8x4-16, f16': 97,
    'conv-tiled tiled-4x4-32, f16': 44,
    'conv-tiled tiled-8x4-16, part of a sum, f16': 103,
  },
  dg2: {
    'stem-tiled 8x4': 7,
    'conv-tiled winograd4 tiled-8x4-16, part of a sum': 7,
    'conv-tiled tiled-8x4-16, part of a sum': 111,
    'conv-tiled tiled-8x4-16': 12,
    'conv-grouped 2x4': 2,
    'stem-tiled 8x4, f16': 7,
    'conv-tiled tiled-8x4-16, part of a sum, f16': 83,
    'conv-tiled tiled-8x4-16, f16': 15,
    'conv-grouped 2x4, f16': 13,
  },
};

export function spillsLet(family: string, kernel: string): number {
  return Math.max(SPILLS_LET[family] ?? 0, KNOWN_SPILLS[family]?.[kernel] ?? 0);
}

export const PRECISIONS: readonly Precision[] = ['f32', 'f16'];

/** Each shader text once, with its hash. Includes those that derive weights. */
export function chosenKernels(family: string): { hash: string; kernel: string; text: string }[] {
  const info = FAMILIES.find((item) => item.family === family)?.info;
  const profile = deviceProfile(describeAdapter(info));
  const f16Arithmetic = profile.name === 'amd' ? withF16Arithmetic : undefined;
  const kernels = new Map<string, { hash: string; kernel: string; text: string }>();
  for (const precision of PRECISIONS) {
    for (const name of NETWORKS) {
      const graph = buildGraph(name, [1, 3, 224, 224]);
      const outputs = graph.outputs.flatMap(({ kind, node }) => (kind === 'logits' ? [node] : []));
      const { steps, derived } = makePlan(graph, {
        precision,
        profile: precision === 'f16' ? { ...profile, f16Arithmetic } : profile,
        outputs,
        maxBufferBytes: 2 ** 28,
      });
      for (const { dispatch } of [...steps, ...derived]) {
        // As it ships, without comments, which may change.
        const text = shaderText(dispatch)
          .replace(/\/\/.*/g, '')
          .replace(/\s+/g, ' ');
        const hash = createHash('sha256').update(text).digest('hex').slice(0, 12);
        const parts = dispatch.constants.PARTIAL ? ', part of a sum' : '';
        const f16 = dispatch.precision === 'f16' ? ', f16' : '';
        kernels.set(hash, { hash, kernel: `${dispatch.kernel} ${dispatch.variant.replace(/\/\d+$/, '')}${parts}${f16}`, text });
      }
    }
  }
  return [...kernels.values()];
}
