/** The backbones of DetectoRS without their recursion: https://arxiv.org/abs/2006.02334 */
import type { Arguments } from '../arguments.ts';
import { bottleneck } from '../blocks/bottleneck.ts';
import { parseConv } from '../convs/parse-conv.ts';
import type { Network } from '../network.ts';
import { bottleneckDepths } from '../settings.ts';
import { resnet } from './resnet.ts';
import { groupedWidth, readCardinality } from './resnext.ts';

export const detectors =
  (next: boolean) =>
  (a: Arguments): Network => {
    const cardinality = next ? readCardinality(a, true, 1) : { groups: 1, width: 4 };
    const sac = parseConv(a.dict('sac'), ['SAC']);
    const on = a.read('stage_with_sac') ?? [];
    if (!Array.isArray(on)) a.fail('stage_with_sac', 'is not a list.', 'Give a boolean for each stage.');
    const outputImage = a.boolean('output_img', false);
    a.ignore('rfp_inplanes');
    const network = resnet(a, {
      mmdet: true,
      depths: bottleneckDepths,
      fallback: !next,
      block: (s) => {
        const conv2 = sac && on[s.stage] ? () => sac : s.extras.conv2;
        return bottleneck({ mid: groupedWidth(cardinality, s, true), groups: cardinality.groups, style: s.style, ...s.extras, conv2 });
      },
    });
    return { ...network, outputImage };
  };
