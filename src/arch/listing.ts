/** Lists the networks that can be named, and which of them have weights on the Hub. */

import type { ListedModel, ListOptions } from '../api/list-types.ts';
import { ResnetError } from '../util/errors.ts';
import { show } from '../util/show.ts';
import { archNames } from './names.ts';
import { type PublishedCheckpoint, publishedCheckpoints } from './published.ts';
import { timmTag } from './timm-tags.ts';

/** @throws ResnetError `usage` for a filter that is not a string or a list of strings */
export function list(filter: string | readonly string[], { pretrained = false }: ListOptions = {}): ListedModel[] {
  const patterns = [filter].flat().map(pattern);
  const matches = (name: string) => patterns.some((one) => one.test(name));
  const checkpoints = [...publishedCheckpoints()];
  if (pretrained) return checkpoints.filter((one) => matches(nameOf(one)) || matches(one.base)).map((one) => row(one, nameOf(one)));
  return archNames()
    .filter(matches)
    .map((name) => {
      const checkpoint = defaultCheckpoint(name, checkpoints);
      return checkpoint ? row(checkpoint, name) : { name };
    });
}

/** The repository of timm's default weights for this network. */
export function defaultCheckpoint(
  base: string,
  checkpoints: Iterable<PublishedCheckpoint> = publishedCheckpoints(),
): PublishedCheckpoint | undefined {
  const own = [...checkpoints].filter((one) => one.base === base);
  return own.find(({ tag }) => tag === timmTag(base)?.tag) ?? own[0];
}

export function nameOf({ base, tag }: PublishedCheckpoint): string {
  return `${base}.${tag}`;
}

function row(checkpoint: PublishedCheckpoint, name: string): ListedModel {
  const { base, tag, parameters, top1, testTop1 } = checkpoint;
  const { size = 0, classes = 0, test } = timmTag(base, tag) ?? {};
  return {
    name,
    hub: `hf:timm/${nameOf(checkpoint)}`,
    parameters,
    numClasses: classes,
    ...(top1 && { top1 }),
    inputSize: [size, size],
    ...(test && { test: { ...(testTop1 && { top1: testTop1 }), inputSize: [test.size, test.size] } }),
  };
}

/** As in shells: `*` for any characters, `?` for one. */
function pattern(text: unknown): RegExp {
  if (typeof text !== 'string')
    throw new ResnetError('usage', `The filter is ${show(text)}.`, {
      layer: 'filter',
      hint: "Pass a name with stars for what may differ: listModels('*regnet*').",
    });
  const source = text
    .replace(/[.+^${}()|[\]\\]/g, '\\$&')
    .replace(/\*+/g, '.*')
    .replace(/\?/g, '.');
  return new RegExp(`^${source}$`, 'i');
}
