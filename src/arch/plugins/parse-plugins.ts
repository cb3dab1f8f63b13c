/** mmdet's `plugins`: modules inserted after a bottleneck's convolutions. */
import { show, textOf } from '../../util/show.ts';
import type { Arguments } from '../arguments.ts';
import type { BottleneckOptions } from '../blocks/bottleneck.ts';
import type { Insert } from '../blocks/insert.ts';
import { contextBlock } from './context-block.ts';
import { convModule } from './conv-module.ts';
import { generalizedAttention } from './generalized-attention.ts';
import { nonLocal } from './non-local.ts';
import type { Plugin } from './plugin.ts';

/** By registered type: the module's name in the block, and its constructor. */
const plugins: Record<string, [string, (a: Arguments) => Plugin]> = {
  ContextBlock: ['context_block', contextBlock],
  GeneralizedAttention: ['gen_attention_block', generalizedAttention],
  NonLocal2d: ['nonlocal_block', nonLocal],
  ConvModule: ['conv_block', convModule],
};

type Position = 'after1' | 'after2' | 'after3';

/** Which modules go where in the blocks of each stage. */
export function parsePlugins(a: Arguments, stages: number): (stage: number) => Pick<BottleneckOptions, Position> {
  const parsed = a.list('plugins').map((plugin) => {
    const position = plugin.choice('position', ['after_conv1', 'after_conv2', 'after_conv3']);
    const on = plugin.perStage('stages', Array<boolean>(stages).fill(true), stages, 'boolean');
    const cfg = plugin.dict('cfg') ?? plugin.fail('cfg', 'is missing.', 'Give { type: … }.');
    plugin.done();
    const [abbreviation, make] = plugins[cfg.type(Object.keys(plugins))] ?? ['', contextBlock];
    const postfix = cfg.read('postfix') ?? '';
    if (!/^[\w-]*$/.test(textOf(postfix))) cfg.fail('postfix', `is ${show(postfix)}.`, 'It must be a number, or letters and digits.');
    const name = `${abbreviation}${textOf(postfix)}`;
    const layer = make(cfg);
    cfg.done();
    return { position: `after${position.slice(-1)}` as Position, on, name, layer, cfg };
  });
  for (let stage = 0; stage < stages; stage++) {
    const names = new Set<string>();
    for (const { on, name, cfg } of parsed) {
      if (!on[stage]) continue;
      if (names.has(name)) cfg.fail('postfix', `gives two plugins of a block the name ${name}.`, 'Give each a postfix of its own.');
      names.add(name);
    }
  }
  return (stage) => {
    const inserts: Pick<BottleneckOptions, Position> = {};
    for (const { position, on, name, layer } of parsed) {
      if (!on[stage]) continue;
      const before: Insert = inserts[position] ?? ((_, x) => x);
      inserts[position] = (net, x, at) => layer(net, before(net, x, at), `${at.path}.${name}`);
    }
    return inserts;
  };
}
