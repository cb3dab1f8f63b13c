/**
 * Pickles that are not from torch.save: pickle.dump and joblib.dump of tensors, NumPy arrays and whole models, and detectron2's model
 * zoo. The numbers are in the pickle itself. Loaded for such files.
 */
import { product } from '../graph/shape.ts';
import type { ByteSource } from './byte-source.ts';
import { contents } from './contents.ts';
import { malformed } from './fail.ts';
import { arrayOf, dtypeOf, isShape, itemBytes } from './numpy-array.ts';
import { type Opaque, unpickle, type Value } from './pickle.ts';
import { nestingHost } from './pytorch-legacy.ts';
import type { TensorFile } from './safetensors.ts';
import { Segments } from './segments.ts';

export async function readPlainPickle(source: ByteSource): Promise<TensorFile> {
  return fromBytes(await source.read(0, source.size), source.name);
}

/** joblib.dump(…, compress=3): the whole pickle in one zlib stream. */
export async function readPackedPickle(source: ByteSource): Promise<TensorFile> {
  return fromBytes(await inflateZlib(await source.read(0, source.size), source.name), source.name);
}

async function fromBytes(bytes: Uint8Array, file: string): Promise<TensorFile> {
  const host = nestingHost(file, { built: (object, read) => joblibArray(object, read, file) });
  const root = unpickle(bytes, 0, host).value;
  if (root instanceof Map && root.has('StructuredToParameterName@@')) {
    throw malformed(
      file,
      'The file holds the weights of a PaddlePaddle model.',
      'PaddlePaddle stores the weights of linear layers transposed and has other names for norms: convert it to PyTorch first.',
    );
  }
  return contents(root, file);
}

/** joblib writes a description of each array into the pickle, and its numbers after that, aligned to some bytes. */
function joblibArray(object: Opaque, read: (count: number) => Uint8Array, file: string): Value {
  const { name, state } = object;
  if (name !== 'joblib.numpy_pickle.NumpyArrayWrapper' || !(state instanceof Map)) return object;
  const dtype = dtypeOf(state.get('dtype'));
  const shape = state.get('shape');
  if (dtype === undefined || itemBytes(dtype) === 0 || !isShape(shape)) {
    throw malformed(file, 'An array that joblib wrote is of an unknown kind.', 'Save the weights with torch.save or as .npz.');
  }
  if (typeof state.get('numpy_array_alignment_bytes') === 'number') read(read(1)[0] ?? 0);
  return arrayOf({ dtype, shape, fortran: state.get('order') === 'F' }, read(product(shape) * itemBytes(dtype)), file);
}

/** Numbers hardly compress. A pickle that expands more than this is made to fill the memory. */
const MAX_INFLATION = 64;
const ALWAYS_ALLOWED = 2 ** 20;

async function inflateZlib(packed: Uint8Array, file: string): Promise<Uint8Array> {
  const most = packed.length * MAX_INFLATION + ALWAYS_ALLOWED;
  const whole = new Segments(file);
  try {
    const stream = new Blob([packed as Uint8Array<ArrayBuffer>]).stream().pipeThrough(new DecompressionStream('deflate'));
    for (const reader = stream.getReader(); ; ) {
      const { done, value } = await reader.read();
      if (done) break;
      whole.append(value);
      if (whole.size > most) {
        await reader.cancel();
        break;
      }
    }
  } catch (cause) {
    throw Object.assign(malformed(file, 'The compressed pickle does not inflate.'), { cause });
  }
  if (whole.size > most) throw malformed(file, `The compressed pickle of ${packed.length} bytes inflates to more than ${most}.`);
  return whole.read(0, whole.size);
}
