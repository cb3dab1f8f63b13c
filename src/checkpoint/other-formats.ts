import type { ResnetError } from '../util/errors.ts';
import type { ByteSource } from './byte-source.ts';
import { malformed, truncated } from './fail.ts';

const EXPORT =
  'Load the checkpoint that it was made from: a repository of the Hub, a .safetensors file, or what PyTorch saves by torch.save(model.state_dict(), path).';

type Test = (head: string) => boolean;
const starts =
  (text: string): Test =>
  (head) =>
    head.startsWith(text);

/** Field 1 is the version, as in ONNX. Field 2 contains messages (inputs, outputs), where ONNX has a name. */
function isCoreMl(head: string): boolean {
  if (!head.startsWith('\x08') || head.charCodeAt(1) > 31 || head.charAt(2) !== '\x12') return false;
  const content = head.charCodeAt(3) < 128 ? 4 : 5;
  return head.charCodeAt(content) < 32;
}

/** A test for the first bytes as Latin-1, a name for the kind of file, and what to do. */
const FORMATS: readonly (readonly [Test, string, string])[] = [
  [
    starts('version https://git-lfs'),
    'a Git LFS pointer, not the file itself',
    'Fetch the file with `git lfs pull`, or download it by the host’s “download” or “resolve” link.',
  ],
  [
    (head) => /^\s*</.test(head),
    'a web page',
    'The address leads to a page (a login, a file viewer, an error), not to the file: use the direct download link.',
  ],
  [
    (head) => /^\s*[{[]/.test(head),
    'JSON',
    'Pass the checkpoint file itself; of a converted model pass the address, not the bytes; it may also be a server’s error message.',
  ],
  [starts('\x89HDF'), 'Keras or HDF5', EXPORT],
  [starts('\x08\x01\x12'), 'a TensorFlow SavedModel', EXPORT],
  [isCoreMl, 'a Core ML model', EXPORT],
  // Field 1 (IR version), then producer name, domain or graph.
  [
    (head) => head.startsWith('\x08') && head.charCodeAt(1) < 32 && '\x12\x1a"*:B'.includes(head.charAt(2)),
    'ONNX',
    `It contains a program with its norms folded in, not the named weights. ${EXPORT}`,
  ],
  [(head) => head.startsWith('\n') && /Const|Placeholder/.test(head), 'a TensorFlow graph', EXPORT],
  [(head) => head.slice(4, 8) === 'TFL3', 'TensorFlow Lite', EXPORT],
  [
    (head) => head.slice(257, 262) === 'ustar',
    'a tar archive (a packed folder, or the torch.save format of before 2017)',
    'Unpack it, or load and save it again with PyTorch.',
  ],
  [starts('\x1f\x8b'), 'gzip', 'Unpack it first.'],
  [starts('GGUF'), 'GGUF', EXPORT],
  [starts('\x93NUMPY'), 'a NumPy array', EXPORT],
  [(head) => /^(\x89PNG|\xff\xd8\xff|GIF8|RIFF)/.test(head), 'an image', 'Pass it to classify(), and the checkpoint file as `weights`.'],
];

/** Start of a text, for a message. Undefined for other kinds of bytes. */
function readableStart(head: string): string | undefined {
  const isText = (char: string) => (char >= ' ' ? char !== '\x7f' : '\t\n\r'.includes(char));
  const isAscii = (char: string) => char <= '~';
  if (head.length < 9 || ![...head].every(isText) || ![...head.slice(0, 9)].every(isAscii)) return undefined;
  const line = head.trim().split('\n', 1)[0]?.trim() ?? '';
  return line.length > 120 ? `${line.slice(0, 120)}…` : line;
}

/** The error for bytes that are not a checkpoint. Says what they are, if known. */
export function otherFormat(head: string, { name, size }: ByteSource): ResnetError {
  for (const [test, what, hint] of FORMATS) if (test(head)) return malformed(name, `The file is ${what}.`, hint);
  const text = readableStart(head);
  if (text !== undefined) {
    return malformed(
      name,
      `The file is text: “${text}”.`,
      'It is probably the error page of a server: check the address, and whether the repository needs a login (pass headers with a token).',
    );
  }
  if (size < 9) return truncated(name, `The file has only ${size} bytes.`);
  const start = [...head.slice(0, 8)].map((byte) => byte.charCodeAt(0).toString(16).padStart(2, '0')).join(' ');
  return malformed(
    name,
    `The file has no known format (it starts with ${start}).`,
    'Pass a .safetensors file or what torch.save wrote (.pth, .pt, .th, .bin).',
  );
}
