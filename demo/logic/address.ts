/** The part of the page's state that is in its address: a network that others can open by link. */

export interface Address {
  arch?: string;
  weights?: string;
  precision?: 'f16';
  /** A mirror of the Hub. */
  hub?: string;
}

export function readAddress(search: string): Address {
  const query = new URLSearchParams(search);
  const address: Address = {};
  const arch = query.get('arch')?.trim();
  const weights = query.get('weights')?.trim();
  if (arch) address.arch = arch;
  if (weights) address.weights = weights;
  const hub = query.get('hub')?.trim();
  if (hub && /^https?:\/\//.test(hub)) address.hub = hub;
  if (query.get('precision') === 'f16') address.precision = 'f16';
  return address;
}

/** '' for the initial page. */
export function writeAddress({ arch, weights, precision, hub }: Address): string {
  const query = new URLSearchParams();
  if (weights) {
    if (arch) query.set('arch', arch);
    query.set('weights', weights);
  }
  if (hub) query.set('hub', hub);
  if (precision) query.set('precision', precision);
  const text = query.toString();
  return text === '' ? '' : `?${text}`;
}
