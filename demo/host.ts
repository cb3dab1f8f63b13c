/** What the page offers to its tabs, whichever file they are in. */
import type { Network } from './catalog.ts';
import type { Model } from './library.ts';
import type { Precision } from './session.ts';

export interface Host {
  /** The network in use, for all tabs. The picker chooses it. */
  readonly model: Model | undefined;
  readonly network: Network | undefined;
  readonly precision: Precision;
  /**
   * Calls back whenever another network takes over, and immediately if there is one. The old one is disposed right after that: its running
   * calls reject with code `disposed`.
   */
  onModel(listener: (model: Model, network: Network) => void): void;
}
