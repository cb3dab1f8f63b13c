/** Necks and heads of an image classifier. Layers: `gap`, `head.fc`; a stacked head has `head.layers.N.fc`. */
import { LIMITS } from '../util/limits.ts';
import { Arguments } from './arguments.ts';
import { type ClassifierHead, globalAveragePooling, type Head, linearHead, type Neck } from './head-parts.ts';
import { activate, batchNorm, normAt } from './layers.ts';
import { linear } from './linear.ts';
import { needed, type Variants } from './needed.ts';

/** Reads OpenMMLab's `neck` and `head` of an ImageClassifier. `width`: channels of the map that reaches the head. */
export function parseHead(a: Arguments, width: number, numClasses: number | undefined, variants: Variants | undefined): ClassifierHead {
  const pooling = a.dict('neck');
  const neck = parseNeck(pooling, variants);
  const features = pooling?.read('type') === 'ConcatPooling' ? 2 * width : width;
  const h = a.dict('head');
  if (!h) return { scores: 'softmax' };
  const type = h.type(['LinearClsHead', 'StackedLinearClsHead', 'MultiLabelLinearClsHead', 'SequentialHead']);
  const scores = type === 'MultiLabelLinearClsHead' ? 'sigmoid' : 'softmax';
  // `from` says which of several heads in a checkpoint is meant (checkpoint/head-reader.ts).
  h.ignore('from', 'loss', 'topk', 'cal_acc', 'init_cfg', 'thr', 'loss_weight');
  if (!neck) a.fail('neck', 'is missing, and the head cannot take a feature map.', "Add neck: { type: 'GlobalAveragePooling' }.");
  if (type === 'SequentialHead') {
    const head = needed(variants).parseSequential(h, neck, numClasses);
    h.ignore('in_channels');
    h.done();
    return head;
  }
  const bias = type === 'StackedLinearClsHead' || h.boolean('bias', true);
  const given = h.integer('num_classes', numClasses, { max: LIMITS.classes });
  const classes = numClasses ?? given;
  const inChannels = h.integer('in_channels', features);
  if (inChannels !== features)
    h.fail('in_channels', `is ${inChannels}, but the backbone ends in ${features} channels.`, `Use ${features}.`);
  if (type !== 'StackedLinearClsHead') {
    h.done();
    return { head: linearHead(classes, neck, bias), classes, scores };
  }
  const mid = h.sizes('mid_channels');
  if (!mid.length) h.fail('mid_channels', 'is [].', 'Give the width of at least one hidden layer.');
  h.number('dropout_rate', 0, { min: 0, max: 1 });
  const norm = h.dict('norm_cfg');
  norm?.type(['BN1d', 'BN', 'SyncBN']);
  norm?.ignore('requires_grad', 'momentum');
  const eps = norm?.number('eps', batchNorm.eps, { min: 0, max: 1 });
  norm?.done();
  const act = h.has('act_cfg') ? h.dict('act_cfg') : new Arguments('act_cfg', { type: 'ReLU' });
  act?.type(['ReLU']);
  h.done();
  const head: Head = (net, x) => {
    let y = neck(net, x);
    net.b.output({ kind: 'pooled', node: y });
    mid.forEach((width, i) => {
      const path = `head.layers.${i}`;
      y = linear(net, y, `${path}.fc`, width);
      if (eps !== undefined) y = normAt(net, y, `${path}.norm`, { ...batchNorm, eps });
      if (act) y = activate(net, y, `${path}.act`);
    });
    net.b.output({ kind: 'logits', node: linear(net, y, `head.layers.${mid.length}.fc`, classes) });
  };
  return { head, classes, scores };
}

function parseNeck(a: Arguments | undefined, variants: Variants | undefined): Neck | undefined {
  if (!a) return undefined;
  const type = a.type(['GlobalAveragePooling', 'GeneralizedMeanPooling', 'GlobalMaxPooling', 'ConcatPooling']);
  if (type === 'GlobalMaxPooling' || type === 'ConcatPooling') return needed(variants).parsePooling(a, type);
  if (type === 'GlobalAveragePooling') {
    a.choice('dim', [2], 2);
    a.done();
    return globalAveragePooling;
  }
  const p = a.number('p', 3);
  if (p < 1) a.fail('p', `is ${p}.`, 'It must be at least 1.');
  const eps = a.number('eps', 1e-6, { min: 0, max: 1 });
  const clamp = a.boolean('clamp', true);
  a.boolean('p_trainable', true);
  a.done();
  // p is in the state dict whether it is trained or not.
  return (net, x) => net.b.add('gem', 'neck', [x], { p, eps, clamp, learned: true }, { p: { shape: [1] } });
}
