import { product } from '../graph/shape.ts';
import { ResnetError } from '../util/errors.ts';
import { BYTES_PER_ELEMENT, toFloat32 } from './dtype.ts';
import { malformed } from './fail.ts';
import { extent, gather, isContiguous } from './strided.ts';
import type { TorchStorage, TorchTensor } from './torch-pickle.ts';
import type { CheckpointTensor } from './types.ts';

/** The bytes of one storage. */
export interface StorageBytes {
  readonly size: number;
  read(start: number, end: number): Promise<Uint8Array>;
}

/** The bytes of a storage inside the pickle. */
export function inline({ bytes }: TorchStorage): StorageBytes | undefined {
  return bytes && { size: bytes.length, read: async (start, end) => bytes.subarray(start, end) };
}

/** Number of elements by which an expanded tensor (stride 0) may exceed those in the file: 4 MiB. */
const MAX_EXPANDED_ELEMENTS = 2 ** 20;

/** Checks a pickled tensor against its storage. Only reads the bytes that the tensor uses. */
export function torchTensor(key: string, tensor: TorchTensor, storage: StorageBytes | undefined, file: string): CheckpointTensor {
  const { dtype, offset, shape } = tensor;
  if (dtype === undefined) {
    throw new ResnetError('unsupported', `The tensor has type ${tensor.typeName}.`, {
      layer: key,
      hint: 'Convert it with .float() before saving.',
    });
  }
  if (storage === undefined) throw malformed(file, `The numbers of ${key} (storage ${tensor.storage.key}) are not in the file.`);
  const bytes = BYTES_PER_ELEMENT[dtype];
  const available = Math.floor(storage.size / bytes);
  const length = extent(tensor);
  const count = product(shape);
  if (!(offset + length <= available)) {
    throw malformed(file, `${key} of shape [${shape.join(', ')}] needs elements up to ${offset + length}, its storage has ${available}.`);
  }
  if (!(count <= Math.max(available, MAX_EXPANDED_ELEMENTS))) {
    throw malformed(
      file,
      `${key} of shape [${shape.join(', ')}] repeats the ${available} elements of its storage.`,
      'Save tensor.contiguous().',
    );
  }
  const contiguous = isContiguous(tensor);
  return {
    dtype,
    shape,
    async read() {
      const window = await storage.read(offset * bytes, (offset + length) * bytes);
      return { data: toFloat32(contiguous ? window : gather(window, bytes, tensor), dtype), shape: [...shape] };
    },
  };
}
