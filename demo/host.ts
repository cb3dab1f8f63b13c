/** What the page offers to its tabs, whichever file they live in. */
import type { Network } from './catalog.ts';
import type { Model } from './library.ts';
import type { Precision } from './session.ts';

export interface Host {
  /** The network in use, for all tabs; the picker chooses it. */
  readonly model: Model | undefined;
  readonly network: Network | undefined;
  readonly precision: Precision;
  /**
   * Calls back whenever another network takes over, and immediately where there is one. The former is disposed right after: a call of
   * its that was under way is rejected with code `disposed`.
   */
  onModel(listener: (model: Model, network: Network) => void): void;
}
