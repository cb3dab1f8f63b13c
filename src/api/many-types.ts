/** Types of the public API: classifying many images. */

import type { ResnetError } from '../util/errors.ts';
import type { ClassifyOptions, ImageSource, Prediction } from './image-types.ts';

/** Several images: a list of them, files that a person chose, or folders with everything inside. */
export type ManyImages = readonly (ImageSource | FileSystemHandle)[] | FileList | FileSystemHandle;

/** The result for one of many images: its predictions or, with `errors: 'rows'`, its error. */
export type ImageRow = Prediction[] | ResnetError;

/** Options of `classify` for many images. */
export interface ManyOptions extends ClassifyOptions {
  /**
   * Called with each result as soon as it is there, so faster images come first. If it returns a promise, the next image only starts when that
   * resolves. With this option, images run one by one, with up to four in progress, and none is kept afterwards.
   */
  onResult?: (row: ImageRow, info: ImageInfo) => void | Promise<void>;
  /** Whether an image that cannot be read ends the call (`reject`), or is a row among the others (`rows`). Default `reject`. */
  errors?: 'reject' | 'rows';
}

/** The image that a result is for. */
export interface ImageInfo {
  /** Index of the image, from 0. */
  index: number;
  /** Name of the file, with its path in the folder if there is one; an address; otherwise `images[3]`. */
  name: string;
  /** Milliseconds from opening the image to its result. Up to three others were in progress. */
  latency: number;
}
