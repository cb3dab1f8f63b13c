/**
 * A head with any layers in order, as made with nn.Sequential: `{ type: 'SequentialHead', layers: [{ type: 'Dropout' },
 * { type: 'Linear', out_features: 5 }] }`. Types and arguments are PyTorch's. The layer at index i is `head.layers.i`.
 */
import type { OpName } from '../graph/types.ts';
import type { Arguments } from './arguments.ts';
import { type ClassifierHead, globalAveragePooling, type Head, type Neck } from './head-parts.ts';
import { batchNorm, type Net, normAt } from './layers.ts';
import { linear } from './linear.ts';

/** Adds a layer from one vector to the next. */
type Layer = (net: Net, x: string, path: string) => string;

/** Layers whose arguments do not matter here. */
const PLAIN = { ReLU: 'relu', SiLU: 'silu', Sigmoid: 'sigmoid', Tanh: 'tanh', GELU: 'gelu' } as const satisfies Record<string, OpName>;
const NOTHING = ['Dropout', 'Identity', 'Flatten'] as const;
const TYPES = [
  ...['Linear', 'BatchNorm1d', 'LayerNorm', 'PReLU', 'LeakyReLU', 'ELU', 'Softmax', 'LogSoftmax'],
  ...Object.keys(PLAIN),
  ...NOTHING,
];

/** Reads `layers` of a head. @param numClasses replaces the width of the last linear layer */
export function parseSequential(h: Arguments, neck: Neck, numClasses?: number): ClassifierHead {
  const given = h.list('layers');
  const last = given.findLastIndex((layer) => layer.read('type') === 'Linear');
  if (last < 0) h.fail('layers', 'have no Linear among them.', "Add { type: 'Linear', out_features: … }.");
  const declared = h.read('num_classes') === undefined ? undefined : h.integer('num_classes');
  let classes = 0;
  const layers = given.map((a, i): Layer => {
    const layer = parseLayer(a, i === last ? (width) => (classes = numClasses ?? declared ?? width) : (width) => width);
    a.ignore('inplace', 'in_features', 'num_features', 'normalized_shape', 'momentum', 'p', 'dim', 'start_dim', 'end_dim');
    a.done();
    return layer;
  });
  const makesScores = given.slice(last).some((layer) => ['Softmax', 'Sigmoid'].some((name) => layer.read('type') === name));
  return { head: sequence(layers, neck), classes, scores: makesScores ? 'none' : 'softmax' };
}

function parseLayer(a: Arguments, widthOf: (given: number) => number): Layer {
  const type = a.type(TYPES);
  if (type in PLAIN) {
    if (type === 'GELU') a.choice('approximate', ['none'], 'none');
    return (net, x, path) => net.b.add(PLAIN[type as keyof typeof PLAIN], path, [x], {});
  }
  switch (type) {
    case 'Linear': {
      const [width, bias] = [widthOf(a.integer('out_features')), a.boolean('bias', true)];
      return (net, x, path) => linear(net, x, path, width, bias);
    }
    case 'BatchNorm1d': {
      const norm = { ...batchNorm, eps: a.number('eps', 1e-5, { min: 0 }), affine: a.boolean('affine', true) };
      if (!a.boolean('track_running_stats', true))
        a.fail('track_running_stats', 'is false, so each batch would be normalised by its own statistics.', 'Use true.');
      return (net, x, path) => normAt(net, x, path, norm);
    }
    case 'LayerNorm': {
      const affine = a.boolean('elementwise_affine', true);
      const norm = { ...batchNorm, type: 'ln' as const, running: false, eps: a.number('eps', 1e-5, { min: 0 }), affine };
      return (net, x, path) => normAt(net, x, path, norm);
    }
    case 'PReLU': {
      const count = a.integer('num_parameters', 1);
      return (net, x, path) => net.b.add('prelu', path, [x], {}, { weight: { shape: [count] } });
    }
    case 'LeakyReLU': {
      const slope = a.number('negative_slope', 0.01);
      return (net, x, path) => net.b.add('leaky_relu', path, [x], { slope });
    }
    case 'ELU': {
      const alpha = a.number('alpha', 1);
      return (net, x, path) => net.b.add('elu', path, [x], { alpha });
    }
    case 'Softmax':
    case 'LogSoftmax':
      return (net, x, path) => net.b.add('softmax', path, [x], { dim: 1, ...(type === 'LogSoftmax' && { log: true }) });
    default:
      return (_, x) => x;
  }
}

function sequence(layers: readonly Layer[], neck: Neck): Head {
  return (net, x) => {
    let y = neck(net, x);
    net.b.output({ kind: 'pooled', node: y });
    layers.forEach((layer, i) => {
      y = layer(net, y, `head.layers.${i}`);
    });
    net.b.output({ kind: 'logits', node: y });
  };
}

/** GlobalMaxPooling, and ConcatPooling of maximum and average. `first` says which of them comes first. */
export function parsePooling(a: Arguments, type: 'GlobalMaxPooling' | 'ConcatPooling'): Neck {
  const first = type === 'ConcatPooling' && a.choice('first', ['max', 'avg'], 'max');
  a.done();
  if (!first) return globalMaxPooling;
  const order = first === 'max' ? [globalMaxPooling, globalAveragePooling] : [globalAveragePooling, globalMaxPooling];
  return (net, x) => {
    const parts = order.map((part) => part(net, x));
    return net.b.add('concat', 'neck', parts, {});
  };
}

/** [n, c, h, w] -> the largest value of each channel, [n, c, 1, 1]. */
const globalMaxPooling: Neck = (net, x) => {
  const [, , h = 1, w = 1] = net.b.shape(x);
  const window = { kernel: [h, w], stride: [h, w], padding: [0, 0], ceilMode: false, countIncludePad: true } as const;
  return net.b.add('max_pool2d', 'neck.max', [x], window);
};
