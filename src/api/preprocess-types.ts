/** Types of the public API: how an image is prepared for the network. */

/**
 * From image to input tensor. The steps in order: resize, crop, normalise `(x - mean) / std`, pad. docs/preprocessing.md says which library's
 * arithmetic each step follows, and how that was checked.
 */
export interface Preprocess {
  /** How to resize the image; null keeps its size. This is a single field, so give all of it. */
  resize?: {
    /** In pixels: one number, or [height, width]. */
    size: number | [number, number];
    /**
     * `short`: the shorter edge becomes `size` (a number), the other follows. `exact`: both edges become `size`, whatever the shape was.
     * `cover` and `contain` keep the aspect ratio: no edge below, or no edge above `size` (timm's ResizeKeepRatio).
     */
    edge: 'short' | 'exact' | 'cover' | 'contain';
    /** The filter. Only Pillow has `nearest`, `box`, `hamming` and `lanczos`. */
    filter: 'bilinear' | 'bicubic' | 'nearest' | 'box' | 'hamming' | 'lanczos';
    /**
     * Whose arithmetic to use. `pillow`: antialiased, as in torchvision and timm with PIL images. `opencv`: two or four pixels whatever the scale,
     * no antialiasing, OpenMMLab's default. `torch`: PyTorch's resize of bytes with antialiasing, as in torchvision with tensors; it sometimes
     * differs from Pillow's by one level.
     */
    kernel: 'pillow' | 'opencv' | 'torch';
  } | null;
  /** Pixels cropped from the centre: one number for a square, or [height, width]. null keeps everything. */
  crop?: number | [number, number] | null;
  /** Fill value around an image that is smaller than the crop: a level of 0..255 for each channel, in the order of `order`. Default black. */
  cropFill?: number[];
  /**
   * What to do if a crop's offset is not an integer, or the crop is larger than the image. `torchvision`: the offset is rounded to the even
   * neighbour, and the rest is `cropFill`. `openmmlab`: rounded likewise, and the crop ends at the image's edge. `transformers`: rounded down,
   * and the rest is `cropFill`. Default `torchvision`.
   */
  cropRounding?: 'torchvision' | 'openmmlab' | 'transformers';
  /** One level for each channel, on the 0..255 scale, in the order of `order`. ImageNet's: [123.675, 116.28, 103.53]. */
  mean: number[];
  /** One divisor for each channel, on the 0..255 scale, in the order of `order`. ImageNet's: [58.395, 57.12, 57.375]. */
  std: number[];
  /** Order of the channels in the tensor. Caffe's networks and many of OpenMMLab's need `bgr`. */
  order: 'rgb' | 'bgr';
  /** The right and bottom edges are padded to a multiple of this many pixels, after normalising. Default: no padding. */
  padDivisor?: number;
  /** Value of the padding, as in the tensor. Default 0. */
  padValue?: number;
}
