/** Types of the public API: what is done to an image before the network sees it. */

/**
 * From image to input tensor. Steps in order: resize, crop, normalise `(x - mean) / std`, pad. docs/preprocessing.md says which
 * library's arithmetic each of them follows, and how equality was checked.
 */
export interface Preprocess {
  /** How the image is resized; null leaves its size. It is one field: give all of it. */
  resize?: {
    /** In pixels: one number, or [height, width]. */
    size: number | [number, number];
    /**
     * `short`: the shorter edge becomes `size` (a number), the other follows. `exact`: both edges become `size`, whatever the shape was.
     * `cover` and `contain` keep the shape: no edge below, no edge above `size` (timm's ResizeKeepRatio).
     */
    edge: 'short' | 'exact' | 'cover' | 'contain';
    /** The filter. `nearest`, `box`, `hamming` and `lanczos` are Pillow's only. */
    filter: 'bilinear' | 'bicubic' | 'nearest' | 'box' | 'hamming' | 'lanczos';
    /**
     * Whose arithmetic. `pillow`: antialiased, as torchvision and timm do with PIL images. `opencv`: two or four pixels whatever the scale,
     * no antialiasing, OpenMMLab's default. `torch`: PyTorch's resize of bytes with antialiasing, as torchvision does with tensors; at times
     * one level off Pillow's.
     */
    kernel: 'pillow' | 'opencv' | 'torch';
  } | null;
  /** Pixels cut from the middle: one number for a square, or [height, width]. null leaves all. */
  crop?: number | [number, number] | null;
  /** What is around an image that is smaller than the crop: a level of 0..255 for each channel, in the order of `order`. Default black. */
  cropFill?: number[];
  /**
   * What happens where a crop does not lie evenly, or is larger than the image. `torchvision`: the offset is rounded to the even neighbour,
   * and `cropFill` is around. `openmmlab`: rounded likewise, and the crop ends at the image's edge. `transformers`: rounded down, and
   * `cropFill` is around. Default `torchvision`.
   */
  cropRounding?: 'torchvision' | 'openmmlab' | 'transformers';
  /** One level for each channel, on the 0..255 scale, in the order that `order` names. ImageNet's: [123.675, 116.28, 103.53]. */
  mean: number[];
  /** One divisor for each channel, on the 0..255 scale, in the order that `order` names. ImageNet's: [58.395, 57.12, 57.375]. */
  std: number[];
  /** Order of the channels in the tensor. Caffe's networks and many of OpenMMLab's take `bgr`. */
  order: 'rgb' | 'bgr';
  /** Right and bottom are padded to a multiple of this many pixels, after normalising. Default: no padding. */
  padDivisor?: number;
  /** What is padded with, as a value of the tensor. Default 0. */
  padValue?: number;
}
