/** The network in use: loading, replacing, and reporting what is known about it. */
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
   * Loads a network while the current one stays in use until the new one is ready. A wrong file changes nothing. A later call ends an
   * earlier one with an AbortError.
   *
   * @param adopt called with the new model before the old one is disposed, so that nobody uses the old one any longer
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
        // The model also reports when it opens its checkpoint again later. By then loading is over.
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
