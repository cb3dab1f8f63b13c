/** TridentNet: the last stage runs at several dilations on shared weights. https://arxiv.org/abs/1901.01892 */
import { LIMITS } from '../../util/limits.ts';
import type { Arguments } from '../arguments.ts';
import { bottleneck } from '../blocks/bottleneck.ts';
import type { Network } from '../network.ts';
import { bottleneckDepths } from '../settings.ts';
import { projection } from '../shortcut.ts';
import { plain, resnet } from './resnet.ts';

export function trident(a: Arguments): Network {
  const count = a.integer('num_branch', undefined, { max: LIMITS.parts });
  const dilations = a.sizes('trident_dilations');
  if (dilations.length !== count)
    a.fail('trident_dilations', `has ${dilations.length} entries, but num_branch is ${count}.`, 'Give one for each branch.');
  const index = a.integer('test_branch_idx', undefined, { min: -1, max: count - 1 });
  if (a.integer('num_stages', 4) !== 3) a.fail('num_stages', 'is not 3.', 'Use num_stages: 3 with three strides and dilations.');
  return resnet(a, {
    mmdet: true,
    depths: bottleneckDepths,
    fallback: true,
    // TridentConv replaces what conv_cfg or dcn ask for. It is an ordinary convolution, padded by its dilation.
    block: (s) => (s.stage < 2 ? plain(s) : bottleneck({ mid: s.mid, style: s.style, ...s.extras, conv2: () => 'plain' })),
    adjust: (stages) => {
      const last = stages.at(-1);
      if (last) Object.assign(last, { branches: index < 0 ? dilations : [dilations[index]], shortcut: projection() });
    },
  });
}
