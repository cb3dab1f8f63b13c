/** What the page brings along: a trained network and four photos. */
import weightsUrl from '../weights/resnet56-4bfd9763.th?url';
import cameraUrl from './images/camera.png';
import chelseaUrl from './images/chelsea.png';
import coffeeUrl from './images/coffee.png';
import rocketUrl from './images/rocket.jpg';
import type { ModelSource } from './library.ts';

export interface Network {
  name: string;
  /** Bytes are read anew at each load, so that a change of precision can load it again. */
  source: ModelSource;
  /** Where the weights came from, for the page. */
  origin: 'bundled' | 'file' | 'address';
}

export interface Photo {
  id: string;
  name: string;
  /** Credit, or the size of a photo of the visitor's own. */
  note: string;
  url: string;
  alt: string;
  /** What is to be known about the bundled network's answer. */
  aside?: string;
  own: boolean;
  blob(): Promise<Blob>;
}

export const BUNDLED: Network = {
  name: 'ResNet-56',
  origin: 'bundled',
  source: { arch: 'cifar_resnet56', weights: new URL(weightsUrl, location.href) },
};

const NO_SUCH_CLASS = 'none of the ten classes it knows, so every answer is wrong: a classifier cannot say “none of these”.';

/** In view when the page opens. */
export const FIRST: Photo = bundledPhoto({
  id: 'chelsea',
  name: 'chelsea.png',
  url: chelseaUrl,
  note: 'Stéfan van der Walt, CC0',
  alt: 'A tabby cat looking up, close to the camera',
  aside: 'One of the ten classes it was trained on.',
});

export const PHOTOS: readonly Photo[] = [
  FIRST,
  bundledPhoto({
    id: 'rocket',
    name: 'rocket.jpg',
    url: rocketUrl,
    note: 'SpaceX, public domain',
    alt: 'A Falcon 9 rocket on its launch pad at dusk',
    aside: 'It never saw a rocket. Of the ten classes it knows, a ship on the water comes nearest.',
  }),
  bundledPhoto({
    id: 'coffee',
    name: 'coffee.png',
    url: coffeeUrl,
    note: 'Rachel Michetti, CC0',
    alt: 'A cup of espresso on a saucer with a spoon',
    aside: `A cup of coffee is ${NO_SUCH_CLASS}`,
  }),
  bundledPhoto({
    id: 'camera',
    name: 'camera.png',
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
  return {
    id: `own-${serial}`,
    name,
    note: 'Your own',
    url: URL.createObjectURL(file),
    alt: `Your photo ${name}`,
    own: true,
    blob: async () => file,
  };
}
