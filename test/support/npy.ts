/** Reads NumPy's array files: https://numpy.org/doc/stable/reference/generated/numpy.lib.format.html */

export interface NpyArray {
  data: Float32Array | Float64Array | Uint8Array | Int32Array | BigInt64Array;
  shape: number[];
}

const readers: Record<string, (buffer: ArrayBuffer) => NpyArray['data']> = {
  '<f4': (buffer) => new Float32Array(buffer),
  '<f8': (buffer) => new Float64Array(buffer),
  '|u1': (buffer) => new Uint8Array(buffer),
  '<i4': (buffer) => new Int32Array(buffer),
  '<i8': (buffer) => new BigInt64Array(buffer),
};

export function readNpy(bytes: Uint8Array): NpyArray {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  if (view.getUint32(0) !== 0x93_4e_55_4d) throw new Error('not an .npy file');
  const [headerAt, headerLength] = bytes[6] === 1 ? [10, view.getUint16(8, true)] : [12, view.getUint32(8, true)];
  const header = new TextDecoder().decode(bytes.subarray(headerAt, headerAt + headerLength));
  const type = /'descr': *'([^']+)'/.exec(header)?.[1] ?? '';
  const shape = /'shape': *\(([^)]*)\)/.exec(header)?.[1] ?? '';
  const read = readers[type];
  if (!read || !/'fortran_order': *False/.test(header)) throw new Error(`cannot read .npy header ${header}`);
  const data = read(new Uint8Array(bytes.subarray(headerAt + headerLength)).buffer);
  return {
    data,
    shape: shape
      .split(',')
      .filter((size) => size.trim() !== '')
      .map(Number),
  };
}

/** A float32 array as the library's tensor. */
export function readNpyTensor(bytes: Uint8Array): { data: Float32Array; shape: number[] } {
  const { data, shape } = readNpy(bytes);
  if (!(data instanceof Float32Array)) throw new Error('the .npy file does not hold float32');
  return { data, shape };
}
