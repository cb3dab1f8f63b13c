import { describe, expect, it } from 'vitest';
import { LIMITS } from '../util/limits.ts';
import { GraphBuilder } from './builder.ts';

function begun(shape = [1, 8, 4, 4]): GraphBuilder {
  const b = new GraphBuilder();
  b.add('input', 'input', [], { shape });
  return b;
}

const linear = (b: GraphBuilder, name: string, key?: string, learnable?: boolean) =>
  b.add(
    'linear',
    name,
    [b.add('global_avg_pool', `${name}.pool`, ['input'], {})],
    { outFeatures: 5, bias: false },
    { weight: { shape: [5, 8], key, learnable } },
  );

describe('a graph', () => {
  it('has shapes, parameters and costs as soon as a node is there', () => {
    const b = begun([2, 8, 4, 4]);
    const y = linear(b, 'fc');
    expect(b.shape(y)).toEqual([2, 5]);
    expect(b.channels(y)).toBe(5);
    const { nodes, parameters, macs } = b.build();
    expect(nodes.at(-1)?.weights.weight).toMatchObject({ key: 'fc.weight', learnable: true });
    expect([parameters, macs]).toEqual([40, 80]);
  });

  it('counts tensors that branches share once, and those that are not learned never', () => {
    const b = begun();
    linear(b, 'a');
    linear(b, 'b', 'a.weight');
    linear(b, 'c', undefined, false);
    expect(b.build().parameters).toBe(40);
  });

  it('names the layer of a shape that cannot be, of a second one of its name, and of one that is not there yet', () => {
    const b = begun();
    b.add('relu', 'act', ['input'], {});
    expect(() => b.add('relu', 'act', ['input'], {})).toThrow(expect.objectContaining({ code: 'config', layer: 'act' }));
    expect(() => b.add('relu', 'next', ['later'], {})).toThrow(expect.objectContaining({ code: 'config', layer: 'later' }));
    expect(() => begun([1, 8, 0, 4])).toThrow(expect.objectContaining({ code: 'config', layer: 'input' }));
    expect(() => begun([1, 8.5, 4, 4])).toThrow(expect.objectContaining({ layer: 'input' }));
  });

  it('ends where a forged configuration asks for more nodes than any network has', () => {
    const b = begun();
    for (let i = 1; i < LIMITS.nodes; i++) b.add('relu', `act${i}`, ['input'], {});
    expect(() => b.add('relu', 'one too many', ['input'], {})).toThrow(`more than ${LIMITS.nodes}`);
  });
});
