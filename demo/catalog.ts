/** What the page includes: a trained network and four photos. Also requests for these and for other networks. */
import weightsUrl from '../weights/resnet56-4bfd9763.th?url';
import cameraUrl from './images/camera.webp';
import chelseaUrl from './images/chelsea.webp';
import coffeeUrl from './images/coffee.webp';
import rocketUrl from './images/rocket.webp';
import type { ModelSource } from './library.ts';
import { BUNDLED_OFFER, type Offer, repositoryOf } from './logic/offers.ts';
import { OWN_MODEL } from './own-model.ts';
import { rasterize } from './view/svg.ts';

export interface Network {
  name: string;
  /** Opens the bytes again for each load, so that the network can be loaded again with another precision. */
  source: ModelSource;
  /** Source of the weights, for the page. */
  origin: 'bundled' | 'own' | 'hub' | 'file' | 'address';
}

/** A network to load, and what to remember about it. */
export interface Request {
  network: Network;
  /** Id of the offer. */
  offer?: string;
  /** What the page's address contains. Nothing for files and offers. */
  arch?: string;
  weights?: string;
}

export interface Photo {
  id: string;
  name: string;
  /** Credit, or the size of the visitor's own photo. */
  note: string;
  url: string;
  alt: string;
  /** A note about the bundled network's answer. */
  aside?: string;
  own: boolean;
  blob(): Promise<Blob>;
}

/** The network that comes with the page. */
export function bundledRequest(): Request {
  const { id, name, arch } = BUNDLED_OFFER;
  return { offer: id, network: { name, origin: 'bundled', source: { arch, weights: new URL(weightsUrl, location.href) } } };
}

export function hubRequest(offer: Offer): Request {
  return { offer: offer.id, network: { name: offer.name, origin: 'hub', source: repositoryOf(offer) } };
}

/** The model that the site's owner put next to the page. Undefined if there is none. */
export function ownRequest(): Request | undefined {
  if (!OWN_MODEL) return undefined;
  return { offer: 'own', network: { name: OWN_MODEL.name, origin: 'own', source: new URL(OWN_MODEL.manifest, location.href) } };
}

const NO_SUCH_CLASS = 'none of the ten classes it knows, so every answer is wrong: a classifier cannot say “none of these”.';

/** The first photo when the page opens. */
export const FIRST: Photo = bundledPhoto({
  id: 'chelsea',
  name: 'chelsea.webp',
  url: chelseaUrl,
  note: 'Stéfan van der Walt, CC0',
  alt: 'A tabby cat looking up, close to the camera',
  aside: 'One of the ten classes it was trained on.',
});

export const PHOTOS: readonly Photo[] = [
  FIRST,
  bundledPhoto({
    id: 'rocket',
    name: 'rocket.webp',
    url: rocketUrl,
    note: 'SpaceX, public domain',
    alt: 'A Falcon 9 rocket on its launch pad at dusk',
    aside: 'It never saw a rocket. Of the ten classes it knows, a ship on the water comes nearest.',
  }),
  bundledPhoto({
    id: 'coffee',
    name: 'coffee.webp',
    url: coffeeUrl,
    note: 'Rachel Michetti, CC0',
    alt: 'A cup of espresso on a saucer with a spoon',
    aside: `A cup of coffee is ${NO_SUCH_CLASS}`,
  }),
  bundledPhoto({
    id: 'camera',
    name: 'camera.webp',
    url: cameraUrl,
    note: 'Lav Varshney, CC0',
    alt: 'A man behind a film camera on a tripod, in grey',
    aside: `A man with a camera is ${NO_SUCH_CLASS}`,
  }),
];

function bundledPhoto(photo: Omit<Photo, 'own' | 'blob'>): Photo {
  return { ...photo, own: false, blob: async () => (await fetch(photo.url)).blob() };
}

let serial = 0;

export function ownPhoto(file: Blob, name: string): Photo {
  serial += 1;
  let drawn: Promise<Blob> | undefined;
  const draw = () => {
    drawn ??= rasterize(file);
    return drawn;
  };
  return {
    id: `own-${serial}`,
    name,
    note: 'Your own',
    url: URL.createObjectURL(file),
    alt: `Your photo ${name}`,
    own: true,
    blob: async () => (file.type === 'image/svg+xml' ? draw() : file),
  };
}
