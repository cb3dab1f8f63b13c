import { ResnetError } from '../errors.ts';

const FETCH_AGAIN = 'Get the file again, or save it anew with torch.save(model.state_dict(), path).';

/** The file breaks the rules of its own format. */
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
