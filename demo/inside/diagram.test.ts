import { describe, expect, it } from 'vitest';
import { archNames, buildGraph } from '../../src/index.ts';
import { diagramOf, operationText, shapeText, timesOf } from './diagram.ts';

const rowsOf = (arch: Parameters<typeof buildGraph>[0], shape = [1, 3, 64, 64]) => diagramOf(buildGraph(arch, shape));
const outline = (rows: ReturnType<typeof rowsOf>) => rows.map(({ title, blocks }) => `${title} ${blocks.length}`);

describe('the diagram', () => {
  it.each([
    ['resnet50', ['Stem 1', 'Stage 1 3', 'Stage 2 4', 'Stage 3 6', 'Stage 4 3', 'Head 1']],
    ['cifar_resnet20', ['Stem 1', 'Stage 1 3', 'Stage 2 3', 'Stage 3 3', 'Head 1']],
    ['resnetv2_50', ['Stem 1', 'Stage 1 3', 'Stage 2 4', 'Stage 3 6', 'Stage 4 3', 'Head 1']],
    ['regnety_004', ['Stem 1', 'Stage 1 1', 'Stage 2 3', 'Stage 3 6', 'Stage 4 6', 'Head 1']],
  ])('of %s', (name, rows) => {
    expect(outline(rowsOf(name))).toEqual(rows);
  });

  it('of a backbone ends with its last stage, and branches lie in one block', () => {
    expect(outline(rowsOf({ type: 'ResNet', depth: 18 }))).toEqual(['Stem 1', 'Stage 1 2', 'Stage 2 2', 'Stage 3 2', 'Stage 4 2']);
    const trident = { type: 'mmdet.TridentResNet', depth: 50, num_branch: 3, test_branch_idx: -1, trident_dilations: [1, 2, 3] };
    const three = { num_stages: 3, strides: [1, 2, 2], dilations: [1, 1, 1], out_indices: [2] };
    expect(outline(rowsOf({ ...trident, ...three }))).toEqual(['Stem 1', 'Stage 1 3', 'Stage 2 4', 'Stage 3 6', 'End 1']);
  });

  it('has every layer of every network, once', () => {
    const names = archNames().filter((_, i) => i % 25 === 0);
    expect(names.length).toBeGreaterThan(8);
    for (const name of names) {
      const graph = buildGraph(name, [1, 3, 224, 224]);
      const blocks = diagramOf(graph).flatMap((row) => row.blocks);
      expect(blocks.flatMap(({ nodes }) => nodes.map((node) => node.name)).sort(), name).toEqual(
        graph.nodes.flatMap((node) => (node.op === 'input' ? [] : [node.name])).sort(),
      );
      expect(blocks.reduce((sum, { macs }) => sum + macs, 0)).toBe(graph.macs);
    }
  });

  it('says what a block takes and gives', () => {
    const [stem, stage] = rowsOf('resnet18', [1, 3, 224, 224]);
    expect(stem?.blocks[0]).toMatchObject({ id: 'stem', title: 'Stem', shape: [1, 64, 56, 56], macs: 118_013_952 });
    expect(stage?.blocks[1]).toMatchObject({ id: 'layer1.1', title: 'Stage 1, block 2', shape: [1, 64, 56, 56], parameters: 73_984 });
  });
});

describe('words', () => {
  const node = (arch: string, name: string) => {
    const found = buildGraph(arch, [1, 3, 224, 224]).nodes.find((one) => one.name === name);
    if (!found) throw new Error(`no ${name}`);
    return found;
  };

  it.each([
    ['resnet18', 'conv1', '7 × 7 convolution, stride 2'],
    ['resnet18', 'maxpool', '3 × 3 maximum, stride 2'],
    ['resnet18', 'layer1.0.add', 'sum with the shortcut'],
    ['resnext50_32x4d', 'layer1.0.conv2', '3 × 3 convolution, 32 groups'],
    ['resnet18', 'head.fc', 'linear layer'],
  ])('%s %s', (arch, name, words) => {
    expect(operationText(node(arch, name))).toBe(words);
  });

  it('shapes as papers have them', () => {
    expect(
      [
        [1, 64, 56, 28],
        [1, 512, 1, 1],
        [1, 1000],
      ].map(shapeText),
    ).toEqual(['28 × 56 × 64', '512', '1000']);
  });

  it('times of layers that take several dispatches are summed up', () => {
    const { layers, joined } = timesOf([
      { name: 'a', kernel: 'winograd-input', variant: '4x4', us: 2, nodes: [] },
      { name: 'a', kernel: 'conv', variant: 'tiled', us: 5, nodes: ['a', 'norm', 'relu'] },
      { name: 'b', kernel: 'pool', variant: '3x3', us: 1, nodes: ['b'] },
    ]);
    expect(layers.get('a')).toMatchObject({ us: 7, kernel: 'conv tiled' });
    expect(layers.get('b')).toMatchObject({ us: 1, kernel: 'pool 3x3' });
    expect([...joined]).toEqual([
      ['norm', 'a'],
      ['relu', 'a'],
    ]);
  });
});
