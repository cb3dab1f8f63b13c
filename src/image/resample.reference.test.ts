import { describe, expect, it } from 'vitest';
import { GOLDENS, golden, photo, torchvision } from '../../test/preprocess/photos.ts';
import { differences } from '../../test/preprocess/vectors.ts';
import { croppedReference, preprocessReference, rgbOf } from './resample.reference.ts';

describe('preprocessReference', () => {
  it.each(['camera', 'chelsea', 'coffee'])('equals torchvision on %s', (name) => {
    for (const [size, crop] of [
      [256, 224],
      [32, 32],
    ] as const) {
      const expected = rgbOf(photo(`${name}.resize${size}-crop${crop}`));
      expect(differences(croppedReference(photo(name), torchvision(size, crop)).data, expected.data)).toEqual({ count: 0, most: 0 });
    }
  });

  it.each(GOLDENS)('equals OpenMMLab on %s', (name) => {
    const { image, preprocess, resized, output } = golden(name);
    expect(differences(croppedReference(image, preprocess).data, resized)).toEqual({ count: 0, most: 0 });
    const tensor = preprocessReference(image, preprocess);
    expect(tensor.shape).toEqual(output.shape);
    expect(differences(tensor.data, output.data)).toEqual({ count: 0, most: 0 });
  });
});
