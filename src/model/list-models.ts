import type { ListedModel, ListOptions } from '../api/list-types.ts';
import { unknownOption } from '../api/unknown-option.ts';
import { fetchPart } from '../util/fetch-part.ts';

// Not in the library's table, because a page that loads a model does not need it.
const listing = () => fetchPart(import('../arch/listing.ts'));

/**
 * Names of the ResNet family, with what timm publishes for them: where the weights are, number of parameters, accuracy, input size.
 *
 * @param filter a name, or several, in which `*` stands for any characters and `?` for one; by default all
 * @param options `pretrained: true` gives a row for each published checkpoint
 * @throws {ResnetError} `usage` for a filter that is not a string or a list of strings
 * @example
 * ```ts
 * import { listModels, loadModel } from 'resnet-webgpu';
 *
 * const [best] = (await listModels('regnety_*', { pretrained: true })).sort((a, b) => (b.top1 ?? 0) - (a.top1 ?? 0));
 * if (best?.hub) await loadModel(best.hub); // 'hf:timm/regnety_1280.swag_ft_in1k', 88.2 %
 * ```
 */
export async function listModels(filter: string | readonly string[] = '*', options?: ListOptions): Promise<ListedModel[]> {
  const unknown = unknownOption('listModels', options);
  if (unknown) throw await unknown;
  return (await listing()).list(filter, options);
}
