/** The weights of a model repository: one file, or several with an index, as safetensors or as written by torch.save. */
import * as lazy from '../lazy.ts';
import { ResnetError } from '../util/errors.ts';
import { rememberFile } from './fetch-file.ts';
import type { OpenOptions } from './open-options.ts';
import type { OpenedWeights } from './opened-weights.ts';
import { isIndex, type OpenedPart, openParts, parseIndex } from './parts.ts';
import { readSource, readTensors } from './read.ts';
import { Repository } from './repository.ts';

/** In the order in which transformers looks for them. */
const FILES = ['model.safetensors', 'model.safetensors.index.json', 'pytorch_model.bin', 'pytorch_model.bin.index.json'];

/** @throws ResnetError `network`, `integrity`, `aborted`, and the errors of `readCheckpoint` */
export function openRepository(address: string, options: OpenOptions): Promise<OpenedWeights> {
  return openRepositoryWeights(new Repository(address, options), options);
}

export async function openRepositoryWeights(repository: Repository, options: OpenOptions): Promise<OpenedWeights> {
  const opened = await openAny(repository, options);
  const whole = repository.whole();
  whole.catch(() => undefined);
  if (!options.early) await whole;
  return { ...opened, whole };
}

async function openAny(repository: Repository, options: OpenOptions): Promise<OpenedWeights> {
  const remember = (file: string, bytes: Parameters<typeof rememberFile>[1]) =>
    rememberFile(repository.url(file), bytes, options, repository.key(file));
  for (const file of await repository.keptFirst(FILES)) {
    if (!(await repository.mayHave(file))) continue;
    if (file.endsWith('.json')) {
      const json = await repository.json(file);
      if (!json) continue;
      const index = parseIndex(isIndex(json) ? json : { weight_map: undefined }, file);
      return openParts(index, options, async (own) => {
        const parts: OpenedPart[] = [];
        for (const [i, name] of index.parts.entries()) {
          const onProgress: OpenOptions['onProgress'] = (loaded, total) => own.onProgress?.(loaded, total, i);
          const found = await repository.weights(name, readTensors, { ...own, onProgress });
          if (!found) throw notThere(repository, `${file} names ${name}, which is not there.`);
          parts.push({ value: found.value, again: remember(name, found.bytes) });
        }
        return parts;
      });
    }
    // Probably needed, so it is fetched at the same time as the file. An error shows when it is used.
    if (!file.endsWith('.safetensors')) lazy.pytorchFiles().catch(() => undefined);
    const found = await repository.weights(file, readSource, options);
    if (!found) continue;
    const again = remember(file, found.bytes);
    return { checkpoint: found.value, reopen: async () => readSource(await again()) };
  }
  // The layout for transformers.js: `onnx/model.onnx`.
  if (await repository.lists(/^onnx$|\.(onnx|tflite)$/)) {
    throw new ResnetError('unsupported', 'The repository has the model for other runtimes only (onnx, tflite), and no checkpoint.', {
      layer: repository.address,
      hint: 'Load the repository that it was exported from: its page on the Hub names it as base model.',
    });
  }
  throw notThere(repository, `The repository has none of ${FILES.join(', ')}.`);
}

function notThere(repository: Repository, what: string): ResnetError {
  return new ResnetError('network', what, {
    layer: repository.address,
    hint: 'Check owner, name and revision, or pass the address of the file itself.',
    cause: { status: 404 },
  });
}
