/** A call with an option that it does not have. */
import * as lazy from '../lazy.ts';
import type { ResnetError } from '../util/errors.ts';
import { type Call, hasOption } from './option-names.ts';

/** Undefined if all options are known. Otherwise a promise of the error, to be awaited and thrown. Undefined options do not count. */
export function unknownOption(call: Call, options: object | undefined): Promise<ResnetError> | undefined {
  const unknown = Object.entries(options ?? {}).find(([name, value]) => value !== undefined && !hasOption(call, name))?.[0];
  return unknown === undefined ? undefined : lazy.wrongArguments().then(({ unknownName }) => unknownName(unknown, call));
}
