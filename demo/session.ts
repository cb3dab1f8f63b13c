/** The network in use: loading it, replacing it, and saying what is known of it. */
import type { Network } from './catalog.ts';
import { load, type Model, type Progress } from './library.ts';

export type Precision = 'f32' | 'f16';

export class Session {
  model: Model | undefined;
  network: Network | undefined;
  precision: Precision = 'f32';
  private loading: AbortController | undefined;

  get isLoading(): boolean {
    return this.loading !== undefined;
  }

  cancel(): void {
    this.loading?.abort();
  }

  /**
   * Loads a network beside the one in use, which goes only when the new one stands: a wrong file leaves the page as
   * it was. A later call ends an earlier one with an AbortError.
   *
   * @param adopt is called with the new model before the old one is disposed, so that nobody uses that one any longer
   */
  async open(
    network: Network,
    { precision, hub }: { precision: Precision; hub?: string },
    onProgress: (progress: Progress) => void,
    adopt: (model: Model) => void,
  ): Promise<void> {
    this.loading?.abort();
    const loading = new AbortController();
    this.loading = loading;
    try {
      const model = await load(network.source, {
        precision,
        ...(hub !== undefined && { hub }),
        signal: loading.signal,
        powerPreference: 'high-performance',
        // The model goes on reporting when it opens its checkpoint again later on; by then this is over.
        onProgress: (progress) => this.loading === loading && onProgress(progress),
      });
      if (loading.signal.aborted) {
        model.dispose();
        throw new DOMException('A newer load took over.', 'AbortError');
      }
      const old = this.model;
      this.model = model;
      this.network = network;
      this.precision = precision;
      adopt(model);
      old?.dispose();
    } finally {
      if (this.loading === loading) this.loading = undefined;
    }
  }
}
