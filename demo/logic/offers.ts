/** The networks that the page offers, and which of them it begins with. Facts are checked against the library's tables in offers.test.ts. */

export interface Offer {
  /** What is remembered of a choice. */
  id: string;
  name: string;
  /** timm's name with its tag; the repository on the Hub is called so, too. */
  arch: string;
  classes: number;
  /** Of the download. */
  bytes: number;
  /** Of 100 images of its test set, how many it names right. */
  accuracy: number;
  /** What `accuracy` was measured on. */
  dataset: 'CIFAR-10' | 'ImageNet-1k';
  /** Who trained it. */
  origin: string;
  /** As the repository's card names it. */
  licence: string;
}

/** The first is the page's own; the others come from the Hub when they are chosen, and not before. */
export const BUNDLED_OFFER: Offer = {
  id: 'bundled',
  name: 'ResNet-56',
  arch: 'cifar_resnet56',
  classes: 10,
  bytes: 3_471_733,
  accuracy: 93.4,
  dataset: 'CIFAR-10',
  origin: 'akamaster',
  licence: 'BSD-2-Clause',
};

/** Accuracies at the size that `classify` feeds: torchvision's and timm's tables; "ResNet strikes back" (arXiv 2110.00476), table 2, for A1. */
export const HUB_OFFERS: readonly Offer[] = [
  imagenet('RegNetY-400MF', 'regnety_004.tv2_in1k', 17_600_000, 75.6, 'torchvision', 'BSD-3-Clause'),
  imagenet('ResNet-18', 'resnet18.a1_in1k', 46_800_000, 71.5, 'timm', 'Apache-2.0'),
  imagenet('ResNet-50', 'resnet50.a1_in1k', 102_500_000, 80.4, 'timm', 'Apache-2.0'),
  imagenet('test_resnet', 'test_resnet.r160_in1k', 1_900_000, 41.6, 'timm', 'Apache-2.0'),
];

function imagenet(name: string, arch: string, bytes: number, accuracy: number, origin: string, licence: string): Offer {
  return { id: arch, name, arch, classes: 1000, bytes, accuracy, dataset: 'ImageNet-1k', origin, licence };
}

export function offerById(id: string | undefined): Offer | undefined {
  return [BUNDLED_OFFER, ...HUB_OFFERS].find((offer) => offer.id === id);
}

export function repositoryOf({ arch }: Offer): string {
  return `hf:timm/${arch}`;
}

/** "17.6 MB", and no decimals where nobody would miss them. */
export function downloadSize(bytes: number): string {
  const megabytes = bytes / 1e6;
  return `${megabytes.toFixed(megabytes < 20 ? 1 : 0)} MB`;
}

/** What was chosen on an earlier visit: one of the offers, or an address with the architecture that was given for it. */
export type Remembered = { offer: string } | { weights: string; arch?: string };

/** @param text as it was kept; anything may stand there */
export function readRemembered(text: string | null): Remembered | undefined {
  try {
    const value: unknown = JSON.parse(text ?? 'null');
    if (typeof value !== 'object' || value === null) return undefined;
    const { offer, weights, arch } = value as Record<string, unknown>;
    if (typeof offer === 'string') return offerById(offer) && { offer };
    if (typeof weights === 'string') return { weights, ...(typeof arch === 'string' && { arch }) };
  } catch {
    // Not ours.
  }
  return undefined;
}

/** Why a network is in use, for the line that says so. */
export type Reason = 'own' | 'link' | 'remembered' | 'bundled' | 'chosen' | 'file';

/** @param own the network that the site brings along, and begins with whatever was chosen */
export function reasonInWords(name: string, reason: Reason, own?: string): string {
  switch (reason) {
    case 'own':
      return `In use: ${name}, which this site brings along.`;
    case 'link':
      return `In use: ${name}, which the page’s address names.`;
    case 'remembered':
      return `In use: ${name}, your choice of last time.`;
    case 'bundled':
      return `In use: ${name}, which comes with the page.`;
    case 'chosen':
      return `In use: ${name}. ${own === undefined ? 'It loads by itself next time.' : `The next visit begins with ${own} again.`}`;
    case 'file':
      return `In use: ${name}, your own file, until you leave the page.`;
  }
}
