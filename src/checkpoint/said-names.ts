/** Names of architectures that a file mentions about itself, anywhere in its plain data or in its own name. They take precedence over shapes. */
import type { BackboneConfig, LibraryConfig } from '../arch/config.ts';
import { knownName } from '../arch/names.ts';
import { isTimmTag } from '../arch/timm-tags.ts';
import { type Entry, entriesOf } from './metadata.ts';
import type { Checkpoint } from './types.ts';

export interface SaidName {
  name: string;
  /** The entry that says it, for a sentence: `args.model`, `the file’s name`. */
  where: string;
  /** The same network without its head. */
  bare: BackboneConfig | LibraryConfig;
}

/** Longer strings are ignored. */
const POSSIBLE = /res|reg|senet|ecanet/i;
const LONGEST = 100;
const MOST = 200;

/** Entries that say what the file is. Entries about its teacher say what it is not. */
const OF_ITSELF = /(^|[._])(arch|architecture|model|name|backbone|encoder|net|network|variant)(_?(name|type|arch|id))?$/i;
const OF_ANOTHER = /teacher|parent|reference|baseline/i;

/** The most likely first. */
export function saidNames({ file, metadata }: Pick<Checkpoint, 'file' | 'metadata'>): SaidName[] {
  const texts = entriesOf(metadata).filter((entry): entry is Entry & { value: string } => isPossible(entry.value));
  const weight = ({ path }: Entry) => (OF_ANOTHER.test(path) ? 2 : OF_ITSELF.test(path) ? 0 : 1);
  const ranked = texts.slice(0, MOST).sort((a, b) => weight(a) - weight(b));
  if (isPossible(file)) ranked.push({ path: 'the file’s name', value: file });
  const found = new Map<string, SaidName>();
  for (const { path, value } of ranked) {
    const one = named(value);
    if (one && !found.has(one.name)) found.set(one.name, { ...one, where: path });
  }
  return [...found.values()];
}

const isPossible = (value: unknown): value is string => typeof value === 'string' && value.length <= LONGEST && POSSIBLE.test(value);

/** Also from a path or a file (`runs/resnetaa50-0a1b2c3d.pth`), and from an experiment that is named after its configuration. */
function named(text: string): Omit<SaidName, 'where'> | undefined {
  const last = text.trim().replace(/^.*[/\\](?=.)/, '');
  const plain = last.replace(/(\.(pth|pt|tar|bin|ckpt|th|pkl|safetensors|py))+$/i, '');
  const short = plain.replace(/[-_](\d{8}(_\d{6})?|[0-9a-f]{6,})$/i, '');
  for (const form of new Set([
    text.trim(),
    plain,
    short,
    short.replace(/[-_](best|last|final|latest|model_best|checkpoint|ckpt|finetuned|epoch_?\d*)$/i, ''),
  ])) {
    for (const name of new Set([form, form.toLowerCase()])) {
      const known = knownName(name);
      if (!known) continue;
      const { source, base, tag, config } = known;
      // A user's own weights have tags that timm does not know.
      const own = source === 'torchvision' ? base : source !== 'timm' || tag === undefined || isTimmTag(base, tag) ? name : `timm/${base}`;
      const bare =
        'library' in config ? { ...config, num_classes: 0 } : 'backbone' in config ? (config.backbone as BackboneConfig) : config;
      return { name: own, bare: bare as BackboneConfig | LibraryConfig };
    }
  }
  return undefined;
}
