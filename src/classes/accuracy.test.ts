/** Accuracy with a few examples of real images: the mean of 5 draws, tested on all other images. */
import { describe, expect, it } from 'vitest';
import { accuracies, cifarImages, merged, storedRows } from '../../test/support/cifar.ts';
import { linear } from './scaling.ts';
import { trainHead } from './train.ts';

const labels = cifarImages().map(({ label }) => label);
const small = storedRows('resnet20-cifar10', 64);
const large = storedRows('imagenet-resnet18-cifar10-enlarged', 512);

describe('a network trained on these classes', () => {
  it('10 a class: the linear head is at most a point below the nearest mean', async () => {
    const { nearest, trained } = await accuracies(small, labels, 10, 5);
    expect(nearest).toBeGreaterThan(0.9);
    expect(trained).toBeGreaterThan(nearest - 0.01);
  });

  it('30 of each of three merged classes: the linear head is at least three points above', async () => {
    const { nearest, trained } = await accuracies(small, labels.map(merged), 30, 5);
    expect(trained).toBeGreaterThan(nearest + 0.03);
    expect(trained).toBeGreaterThan(0.84);
  });
});

describe('the network of the page, trained on ImageNet', () => {
  it('10 a class', async () => {
    const { nearest, trained } = await accuracies(large, labels, 10, 5);
    expect(nearest).toBeGreaterThan(0.685);
    expect(trained).toBeGreaterThan(0.695);
  });

  it('10 of one class and 3 of another: the latter is found as well', async () => {
    const recalls: number[] = [];
    for (let c = 0; c < 10; c++) {
      const pair = [c, (c + 1) % 10].map((label) => large.filter((_, i) => labels[i] === label)) as [Float32Array[], Float32Array[]];
      const [many, few] = [pair[0].slice(0, 10), pair[1].slice(0, 3)];
      const classOf = Int32Array.from([...many.map(() => 0), ...few.map(() => 1)]);
      const head = await trainHead({ rows: [...many, ...few], classOf, classes: 2 });
      for (const [own, asked] of [pair[0].slice(10), pair[1].slice(3)].entries()) {
        const said = asked.map((row) => Number(linear(head, row).reduce((a, b) => b - a) > 0));
        recalls.push(said.filter((one) => one === own).length / asked.length);
      }
    }
    expect(recalls.reduce((a, b) => a + b) / recalls.length).toBeGreaterThan(0.78);
  });
});
