/** What people write instead of an address. Fetched if there is such a thing. */

import { describeWeights } from '../checkpoint/describe.ts';
import type { OpenOptions } from '../checkpoint/open-options.ts';
import type { DescribedWeights } from '../checkpoint/opened-weights.ts';
import { shownOn } from '../checkpoint/pages.ts';
import { ResnetError } from '../util/errors.ts';
import { fetchPart } from '../util/fetch-part.ts';
import { isFileAddress, openLocal } from '../util/local-files.ts';

/** For words that are no address. */
const bareNames = () => fetchPart(import('./bare-names.ts'));

/**
 * The address of what a page shows, the file of a `file:` address where there are files; others as they are.
 * @param arch what the caller gave besides
 * @throws ResnetError `usage` for the name of a network or of another library's weights
 */
export async function meant(address: string, arch: unknown): Promise<string | File | File[]> {
  if (isFileAddress(address)) return (await openLocal(address)) ?? address;
  if (/^https?:/i.test(address)) return shownOn(address);
  const wrong = (await bareNames()).bareName(address, arch);
  if (wrong) throw wrong;
  return address;
}

/** `owner/name`, as the Hub's pages show it. */
const HUB_ID = /^[\w-][\w.-]*\/[\w-][\w.-]*$/;

/**
 * The Hub's repository, where an address is not a folder of the page but looks like one of those. A folder of the page takes precedence.
 * @param error of the folder
 * @throws `error`, unless it says that there is no such folder
 */
export async function repositoryInstead(
  address: string,
  error: unknown,
  options: OpenOptions,
  warnings: string[],
): Promise<DescribedWeights | undefined> {
  // Outside a page nothing is relative to it (`usage`).
  const absent = HUB_ID.test(address) ? /network|checkpoint-format|usage/ : /network|checkpoint-format/;
  if (!(error instanceof ResnetError && absent.test(error.code))) throw error;
  if (!HUB_ID.test(address)) return undefined;
  const described = await describeWeights(`hf:${address}`, options).catch(() => undefined);
  if (described) warnings.push(`The page has no model at '${address}'; it was taken from the Hugging Face Hub. Write 'hf:${address}'.`);
  return described;
}
