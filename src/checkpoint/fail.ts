import { ResnetError } from '../util/errors.ts';

const FETCH_AGAIN = 'Get the file again, or save it again with torch.save(model.state_dict(), path).';

/** The file violates the rules of its own format. */
export function malformed(file: string, what: string, hint = FETCH_AGAIN): ResnetError {
  return new ResnetError('checkpoint-format', what, { layer: file, hint });
}

/** The file ends before what it announces. */
export function truncated(file: string, what: string): ResnetError {
  return new ResnetError('checkpoint-truncated', what, {
    layer: file,
    hint: 'The file is incomplete: download it again and compare its size with the original.',
  });
}

/** @param found the actual value */
export function noTensors(found: readonly string[], file: string): ResnetError {
  const shown = found.slice(0, 8).join(', ') + (found.length > 8 ? ` and ${found.length - 8} more` : '');
  const what = `There are no named tensors in it${shown && `, only: ${shown}`}.`;
  return new ResnetError('checkpoint-keys', what, {
    layer: file,
    hint: "Save the weights as a dict of tensors, bare or under 'state_dict': torch.save(model.state_dict(), path).",
  });
}
