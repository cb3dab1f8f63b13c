import type { DownloadOptions } from './download.ts';

export interface OpenOptions extends DownloadOptions {
  /**
   * Keep the file in Cache Storage, and use it next time. `true` does not ask the server. `checked` asks whether the file is still the same,
   * if there is a connection.
   */
  cache?: boolean | 'checked';
  /** Return a converted model before all of it has arrived. Tensors that are read wait for their shards. */
  early?: boolean;
  /** Base URL for `hf:`. */
  hub?: string;
}
