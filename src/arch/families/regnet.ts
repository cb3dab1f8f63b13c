/** RegNet, a ResNeXt whose widths follow a quantised line: https://arxiv.org/abs/2003.13678 */
import { LIMITS } from '../../util/limits.ts';
import { show } from '../../util/show.ts';
import type { Arguments } from '../arguments.ts';
import { bottleneck } from '../blocks/bottleneck.ts';
import type { Network } from '../network.ts';
import { type RegNetParameters, regnetPresets, regnetStages } from '../regnet-widths.ts';
import { projection } from '../shortcut.ts';
import { stem } from '../stem.ts';
import { readCommon } from './common.ts';

const presets = ['400mf', '800mf', '1.6gf', '3.2gf', '4.0gf', '6.4gf', '8.0gf', '12gf'].map((size) => `regnetx_${size}`);

export const regnet =
  (mmdet: boolean) =>
  (a: Arguments): Network => {
    const shapes = regnetStages(readArch(a), 'even');
    const count = shapes.length;
    if (count > 4) a.fail('arch', `gives ${count} stages.`, 'Choose parameters that give at most 4.');
    const stemChannels = a.integer('stem_channels', 32);
    a.integer('base_channels', 32);
    const style = a.choice('style', ['pytorch', 'caffe'], 'pytorch');
    if (a.boolean('deep_stem', false)) a.fail('deep_stem', 'is true, but the reference does not implement it for RegNet.', 'Remove it.');
    const avgDown = a.boolean('avg_down', false);
    const common = readCommon(a, { mmdet, stages: count, strides: [2, 2, 2, 2] });
    const stages = shapes.map(({ width, blocks, mid, groups }, stage) => ({
      blocks,
      stride: common.strides[stage] ?? 1,
      dilation: common.dilations[stage] ?? 1,
      out: width,
      // With one group the reference ignores bot_mul.
      block: bottleneck({ mid: groups === 1 ? width : mid, groups, style, ...common.extras(stage) }),
      shortcut: projection({ avgDown }),
    }));
    return {
      ...common,
      stem: stem({ widths: [stemChannels], kernel: 3, stride: 2, pool: 'none' }),
      stages,
      structure: { trunk: 'regnet', avgDown },
    };
  };

function readArch(a: Arguments): RegNetParameters {
  const given = a.read('arch');
  if (typeof given === 'string') {
    const preset = presets.includes(given) ? regnetPresets[given.replace('regnetx_', 'x')] : undefined;
    return preset ?? a.fail('arch', `'${given}' is not a preset.`, `Use ${presets.join(', ')}, or a dict.`);
  }
  const d = typeof given === 'object' ? a.dict('arch') : undefined;
  if (!d)
    return a.fail(
      'arch',
      given === undefined ? 'is missing.' : `is ${show(given)}.`,
      'Give a preset name such as regnetx_400mf, or a dict of w0, wa, wm, group_w, depth, bot_mul.',
    );
  const parameters: RegNetParameters = {
    w0: d.integer('w0'),
    wa: d.number('wa'),
    wm: d.number('wm'),
    groupWidth: d.integer('group_w'),
    depth: d.integer('depth', undefined, { max: LIMITS.blocks }),
    bottleneckRatio: d.number('bot_mul'),
  };
  d.done();
  if (parameters.wa < 0) d.fail('wa', `is ${parameters.wa}.`, 'It must not be negative.');
  if (parameters.wm <= 1) d.fail('wm', `is ${parameters.wm}.`, 'It must be above 1.');
  if (parameters.w0 % 8) d.fail('w0', `is ${parameters.w0}.`, 'It must be a multiple of 8.');
  if (parameters.bottleneckRatio <= 0) d.fail('bot_mul', `is ${parameters.bottleneckRatio}.`, 'It must be positive.');
  return parameters;
}
