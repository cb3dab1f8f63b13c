/** Types of the public API: classifying many images. */

import type { ResnetError } from '../util/errors.ts';
import type { ClassifyOptions, ImageSource, Prediction } from './image-types.ts';

/** Images one after the other: a list of them, files that a person chose, and folders with all that is in them. */
export type ManyImages = readonly (ImageSource | FileSystemHandle)[] | FileList | FileSystemHandle;

/** Of one of many images: its predictions, or, with `errors: 'rows'`, what was wrong with it. */
export type ImageRow = Prediction[] | ResnetError;

/** What `classify` takes for many images. */
export interface ManyOptions extends ClassifyOptions {
  /**
   * Gets each result when it is there, images that were quicker before others; a promise of its own is waited for before another
   * image is begun in its place. With it, images run one by one, four under way at a time, and none is held afterwards.
   */
  onResult?: (row: ImageRow, info: ImageInfo) => void | Promise<void>;
  /** Whether an image that cannot be read ends the call (`reject`), or is a row among the others (`rows`). Default `reject`. */
  errors?: 'reject' | 'rows';
}

/** Which of many images a result is of. */
export interface ImageInfo {
  /** Place among the images, from 0. */
  index: number;
  /** Of the file, with its path within the folder where there is one; an address; else `images[3]`. */
  name: string;
  /** From the moment it was opened to its result, in milliseconds; up to three others were under way. */
  latency: number;
}
