export type BackboneConfig = { type: string } & Record<string, unknown>;
export type ClassifierConfig = { type: 'ImageClassifier'; backbone: BackboneConfig } & Record<string, unknown>;
export type LibraryConfig = { library: 'timm' | 'torchvision' } & Record<string, unknown>;
