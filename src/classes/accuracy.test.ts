/** Accuracy with a few examples of real images: the mean of 5 draws, tested on all other images. */
import { describe, expect, it } from 'vitest';
import { accuracies, cifarImages, merged, storedRows } from '../../test/support/cifar.ts';

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

it('the network of the page, trained on ImageNet: 10 a class', async () => {
  const { nearest, trained } = await accuracies(large, labels, 10, 5);
  expect(nearest).toBeGreaterThan(0.685);
  expect(trained).toBeGreaterThan(0.69);
});
