/** The networks that the page offers, and the one that it starts with. offers.test.ts compares the facts with the library's tables. */

export interface Offer {
  /** What is stored about a choice. */
  id: string;
  name: string;
  /** timm's name with its tag. The repository on the Hub has the same name. */
  arch: string;
  classes: number;
  /** Bytes of the download. */
  bytes: number;
  /** Percent of its test set that it classifies correctly. */
  accuracy: number;
  /** The test set of `accuracy`. */
  dataset: 'CIFAR-10' | 'ImageNet-1k';
  /** Who trained it. */
  origin: string;
  /** Licence in the repository's card. */
  licence: string;
}

/** The first one is the page's own. The others come from the Hub when they are chosen, and not before. */
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

/** Accuracies at the size that `classify` uses: torchvision's and timm's tables; "ResNet strikes back" (arXiv 2110.00476), table 2, for A1. */
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

/** "17.6 MB", without decimals for large sizes. */
export function downloadSize(bytes: number): string {
  const megabytes = bytes / 1e6;
  return `${megabytes.toFixed(megabytes < 20 ? 1 : 0)} MB`;
}

/** The choice of an earlier visit: one of the offers, or an address with the architecture that was given for it. */
export type Remembered = { offer: string } | { weights: string; arch?: string };

/** @param text the stored text, which may be anything */
export function readRemembered(text: string | null): Remembered | undefined {
  try {
    const value: unknown = JSON.parse(text ?? 'null');
    if (typeof value !== 'object' || value === null) return undefined;
    const { offer, weights, arch } = value as Record<string, unknown>;
    if (typeof offer === 'string') return offerById(offer) && { offer };
    if (typeof weights === 'string') return { weights, ...(typeof arch === 'string' && { arch }) };
  } catch {
    // Not from this page.
  }
  return undefined;
}

/** Why a network is in use, for the line that says so. */
export type Reason = 'own' | 'link' | 'remembered' | 'bundled' | 'chosen' | 'file';

/** @param own the site's own network, which takes precedence over an earlier choice */
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
