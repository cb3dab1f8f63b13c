import type { DownloadOptions } from './download.ts';

export interface OpenOptions extends DownloadOptions {
  /**
   * Keep the file in Cache Storage, and take it from there next time: without asking the server, or (`checked`) after asking
   * it whether the file is the same, if there is a connection.
   */
  cache?: boolean | 'checked';
  /** Open a converted model before it is there whole: tensors that are read wait for their shards. */
  early?: boolean;
  /** Base URL behind `hf:`. */
  hub?: string;
}
