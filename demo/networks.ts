/** The network in use: which one the page starts with, and how another one takes over. */
import { parseLabels } from '../src/cli/parse-labels.ts';
import { bundledRequest, hubRequest, type Network, ownRequest, type Request } from './catalog.ts';
import { fillForm, requestForAddress } from './checkpoint-form.ts';
import type { Host } from './host.ts';
import type { Model } from './library.ts';
import type { Address } from './logic/address.ts';
import { offerById, type Reason, type Remembered } from './logic/offers.ts';
import { isAbort, type Problem, problemOf } from './logic/problem.ts';
import { recall, remember } from './memory.ts';
import { type Precision, Session } from './session.ts';
import { showProgress } from './view/readout.ts';

export interface NetworksView {
  loading(request: Request): void;
  /** Called when another network takes over. The old one is disposed right after that. */
  adopted(model: Model, request: Request, reason: Reason): void;
  /** Called when loading failed. The network in use stays. */
  kept(cancelled: boolean): void;
}

/** The result of an attempt. If a newer attempt took over, that one reports. */
export type Outcome = 'loaded' | 'cancelled' | 'overtaken' | Problem;

export class Networks implements Host {
  private readonly session = new Session();
  private readonly view: NetworksView;
  private readonly listeners: ((model: Model, network: Network) => void)[] = [];
  private current: Request = bundledRequest();
  private reason: Reason = 'bundled';
  /** The address of a mirror of the Hub. */
  hub: string | undefined;

  constructor(view: NetworksView) {
    this.view = view;
  }

  get model(): Model | undefined {
    return this.session.model;
  }

  get network(): Network | undefined {
    return this.session.network;
  }

  get precision(): Precision {
    return this.session.precision;
  }

  /** Of the network in use, or of the one that failed to load. */
  get request(): Request {
    return this.current;
  }

  onModel(listener: (model: Model, network: Network) => void): void {
    this.listeners.push(listener);
    if (this.model && this.network) listener(this.model, this.network);
  }

  cancel(): void {
    this.session.cancel();
  }

  /**
   * Starts with the network in the address. Without one, tries the site's own, then the choice of the last visit, then the page's own: the
   * first that loads.
   * @returns the error of the first one, if it did not load
   */
  async begin({ weights, arch, hub, precision: stored }: Address): Promise<Problem | undefined> {
    this.hub = hub;
    const precision = stored ?? 'f32';
    let problem: Problem | undefined;
    const chain = weights ? [{ reason: 'link' as const, request: () => requestForAddress(weights) }] : this.chain();
    if (weights) fillForm({ weights, arch });
    for (const { request, reason } of chain) {
      const outcome = await this.tried(request, precision, reason);
      if (outcome === 'loaded' || outcome === 'overtaken') break;
      if (outcome === 'cancelled') continue;
      problem ??= outcome;
    }
    return problem;
  }

  private async tried(read: () => Request, precision: Precision, reason: Reason): Promise<Outcome> {
    try {
      return await this.open(read(), precision, reason);
    } catch (error) {
      return problemOf(error);
    }
  }

  private chain(): { reason: Reason; request: () => Request }[] {
    const own = ownRequest();
    const remembered = recall();
    return [
      ...(own ? [{ reason: 'own' as const, request: () => own }] : []),
      ...(remembered ? [{ reason: 'remembered' as const, request: () => requestFor(remembered) }] : []),
      { reason: 'bundled', request: bundledRequest },
    ];
  }

  /** A network of the visitor's choice. It is remembered once it has loaded. Files are not, because a page cannot open them again. */
  async choose(request: Request): Promise<Outcome> {
    const reason = request.network.origin === 'file' ? 'file' : request.offer === 'bundled' ? 'bundled' : 'chosen';
    const outcome = await this.open(request, this.precision, reason);
    if (outcome === 'loaded' && reason !== 'file') remember(rememberedOf(request));
    return outcome;
  }

  /** The network in use, in another precision. */
  store(precision: Precision): Promise<Outcome> {
    return this.open(this.current, precision, this.reason);
  }

  /**
   * The network in use, with other class names.
   * @throws LabelsError
   */
  relabelled(text: string): Request {
    const { network, offer: _, ...rest } = this.current;
    const { source } = network;
    const labels = parseLabels(text);
    const parts = typeof source === 'string' || source instanceof URL ? { weights: source } : source;
    return { ...rest, network: { ...network, source: { ...parts, ...(labels && { labels }) } } };
  }

  private async open(request: Request, precision: Precision, reason: Reason): Promise<Outcome> {
    this.view.loading(request);
    if (!this.model) this.current = request;
    try {
      await this.session.open(request.network, { precision, hub: this.hub }, showProgress, (model) => {
        this.current = request;
        this.reason = reason;
        this.view.adopted(model, request, reason);
        for (const listener of this.listeners) listener(model, request.network);
      });
      return 'loaded';
    } catch (error) {
      if (isAbort(error) && this.session.isLoading) return 'overtaken';
      this.view.kept(isAbort(error));
      return isAbort(error) ? 'cancelled' : problemOf(error);
    }
  }
}

function requestFor(remembered: Remembered): Request {
  if ('offer' in remembered) {
    const offer = offerById(remembered.offer);
    return offer ? hubRequest(offer) : bundledRequest();
  }
  fillForm(remembered);
  return requestForAddress(remembered.weights);
}

function rememberedOf({ offer, weights, arch }: Request): Remembered | undefined {
  if (offer !== undefined) return offer === 'bundled' || offer === 'own' ? undefined : { offer };
  return weights === undefined ? undefined : { weights, ...(arch !== undefined && { arch }) };
}
