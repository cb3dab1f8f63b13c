/** The meaning of names in a PyTorch pickle. */
import { ResnetError } from '../util/errors.ts';
import { malformed } from './fail.ts';
import { Opaque, type PickleHost, type Value } from './pickle.ts';
import type { Strided } from './strided.ts';
import type { DType } from './types.ts';
import { isUnsafe } from './unsafe.ts';

/** A storage. In legacy files, possibly a window of one. */
export class TorchStorage {
  readonly key: string;
  readonly typeName: string;
  /** Undefined for untyped storages (whose `elements` are bytes), and for types without an equivalent here. */
  readonly dtype: DType | undefined;
  /** Elements of the whole storage. */
  readonly elements: number;
  /** First element of the window. */
  readonly start: number;
  /** Its bytes, if the pickle itself contains them. */
  readonly bytes: Uint8Array | undefined;

  constructor(key: string, typeName: string, elements: number, start: number, bytes?: Uint8Array) {
    this.key = key;
    this.bytes = bytes;
    this.typeName = typeName;
    this.dtype = own(DTYPES, typeName);
    this.elements = elements;
    this.start = start;
  }
}

/** The description of a tensor whose numbers are still in the file. */
export class TorchTensor implements Strided {
  readonly storage: TorchStorage;
  readonly typeName: string;
  readonly dtype: DType | undefined;
  /** Counted from the start of the whole storage. */
  readonly offset: number;
  readonly shape: readonly number[];
  readonly stride: readonly number[];

  constructor(storage: TorchStorage, offset: number, shape: readonly number[], stride: readonly number[], typeName = storage.typeName) {
    this.storage = storage;
    this.typeName = typeName;
    this.dtype = own(DTYPES, typeName);
    this.offset = storage.start + offset;
    this.shape = shape;
    this.stride = stride;
  }
}

/** Storage classes (torch.FloatStorage) and dtype objects (torch.float32). */
const DTYPES: Readonly<Record<string, DType>> = {
  Double: 'f64',
  Float: 'f32',
  Half: 'f16',
  BFloat16: 'bf16',
  Long: 'i64',
  Int: 'i32',
  Short: 'i16',
  Char: 'i8',
  Byte: 'u8',
  Bool: 'bool',
  float64: 'f64',
  float32: 'f32',
  float16: 'f16',
  bfloat16: 'bf16',
  int64: 'i64',
  int32: 'i32',
  int16: 'i16',
  int8: 'i8',
  uint8: 'u8',
  bool: 'bool',
};

/** Limit. The longest real names have about 100 characters. It also bounds the cost of repeated names. */
const MAX_NAME_LENGTH = 1000;

export interface TorchHostOptions {
  /** Called for every storage that the pickle refers to. */
  onStorage?: (storage: TorchStorage) => void;
  /** The result of `torch.storage._load_from_bytes`: a pickled storage is itself a file of torch.save. */
  loadBytes?: (bytes: Uint8Array) => Value;
  built?: PickleHost['built'];
}

export function torchHost(file: string, { onStorage, loadBytes, built }: TorchHostOptions = {}): PickleHost {
  const global = (path: string): Opaque => {
    if (path.length > MAX_NAME_LENGTH) throw malformed(file, `The pickle has a class name of ${path.length} characters.`);
    const name = path.replace(/^__builtin__\./, 'builtins.');
    if (isUnsafe(name)) throw unsafe(file, path);
    return new Opaque(name);
  };
  const encoded = cached(encode);
  const loaded = loadBytes && cached(loadBytes);
  return {
    file,
    global,
    built,
    call(callee, args, charge) {
      const [first, second, third] = args;
      switch (callee) {
        case 'collections.OrderedDict':
        case 'collections.defaultdict':
        case 'builtins.dict':
          return toMap(args.at(-1), charge);
        case 'builtins.list':
        case 'builtins.tuple':
          return Array.isArray(first) ? first : [];
        case 'torch.Size':
          return first;
        case 'builtins.getattr':
          // Harmless for an unknown class (MMEngine pickles its methods in this way), but not for a path to a module.
          return first instanceof Opaque && typeof second === 'string' ? global(`${first.name}.${second}`) : new Opaque(callee, args);
        case 'copyreg._reconstructor':
        case 'copyreg.__newobj__':
        case 'copy_reg._reconstructor':
          return first instanceof Opaque ? this.call(first.name, [], charge) : new Opaque(callee, args);
        case '_codecs.encode':
          // The form in which protocols 0 to 2 write bytes.
          return typeof first === 'string' ? encoded(first) : new Opaque(callee, args);
        case 'torch.storage._load_from_bytes': {
          if (!(first instanceof Uint8Array)) return new Opaque(callee, args);
          // Real storages are not nested.
          if (loaded === undefined) throw unsafe(file, callee);
          return loaded(first);
        }
        case 'torch._tensor._rebuild_from_type_v2':
          // A tensor with Python attributes: (function, type, arguments, state).
          return (
            (first instanceof Opaque && Array.isArray(third) && rebuild(first.name, third, file)) || local(args) || new Opaque(callee, args)
          );
        default:
          return rebuild(callee, args, file) ?? new Opaque(callee, args);
      }
    },
    persistent(id) {
      // Legacy files of whole models: ('module', class, source file, source).
      if (Array.isArray(id) && id[0] === 'module') return id[1];
      const storage = parseStorage(id);
      if (storage === undefined) throw malformed(file, 'The pickle refers to a storage in an unknown way.');
      onStorage?.(storage);
      return storage;
    },
  };
}

function unsafe(file: string, path: string): ResnetError {
  return new ResnetError('checkpoint-unsafe', `The pickle names ${path}, which can run code when Python opens the file.`, {
    layer: file,
    hint: 'Nothing was executed. Get the weights from a source that you trust, preferably as .safetensors.',
  });
}

/** Latin-1. */
function encode(text: string): Uint8Array {
  const bytes = new Uint8Array(text.length);
  for (let i = 0; i < text.length; i++) bytes[i] = text.charCodeAt(i);
  return bytes;
}

/** Caches results by argument. A pickle can repeat a request any number of times at two bytes each. */
function cached<K, V>(make: (key: K) => V): (key: K) => V {
  const made = new Map<K, V>();
  return (key) => {
    const known = made.get(key);
    if (known !== undefined) return known;
    const value = make(key);
    made.set(key, value);
    return value;
  };
}

function toMap(pairs: Value, charge: (instructions: number) => void): Map<Value, Value> {
  if (pairs instanceof Map) return pairs;
  const map = new Map<Value, Value>();
  if (Array.isArray(pairs)) {
    charge(pairs.length);
    for (const pair of pairs) if (Array.isArray(pair)) map.set(pair[0], pair[1]);
  }
  return map;
}

/** ('storage', class, key, device, elements). Legacy files add view: (key, first element, elements). */
function parseStorage(id: Value): TorchStorage | undefined {
  if (!Array.isArray(id) || id[0] !== 'storage' || !(id[1] instanceof Opaque)) return undefined;
  const typeName = /^torch\.(?:cuda\.|storage\.)?(\w+)Storage$/.exec(id[1].name)?.[1];
  const [key, , elements, window] = id.slice(2);
  const start = Array.isArray(window) ? window[1] : 0;
  if (typeName === undefined || (typeof key !== 'string' && typeof key !== 'number') || !isSize(elements) || !isSize(start))
    return undefined;
  return new TorchStorage(String(key), typeName, elements, start);
}

/** The numbers of a DTensor if a single process had all of them: (rebuilder, type, (type, dtype, shape, …), attributes). */
function local([, , wrapped, state]: Value[]): TorchTensor | undefined {
  const tensor = state instanceof Map ? state.get('_local_tensor') : undefined;
  const shape = Array.isArray(wrapped) ? wrapped[2] : undefined;
  return tensor instanceof TorchTensor && isSizes(shape) && shape.join() === tensor.shape.join() ? tensor : undefined;
}

/** The tensor that one of torch's rebuilders makes, if the rebuilder is known. */
function rebuild(callee: string, args: Value[], file: string): TorchTensor | undefined {
  switch (callee) {
    case 'torch._utils._rebuild_parameter':
    case 'torch._utils._rebuild_parameter_with_state':
    case 'torch._utils._rebuild_device_tensor_from_cpu_tensor':
    case 'torch.nn.parameter.Parameter':
      return args[0] instanceof TorchTensor ? args[0] : undefined;
    case 'torch._utils._rebuild_tensor':
    case 'torch._utils._rebuild_tensor_v2':
    case 'torch._utils._rebuild_tensor_v3': {
      const [storage, offset, shape, stride] = args;
      if (!(storage instanceof TorchStorage) || !isSize(offset) || !isSizes(shape) || !isSizes(stride) || shape.length !== stride.length) {
        throw malformed(file, 'The pickle describes a tensor in an unknown way.');
      }
      const dtype = callee.endsWith('v3') ? args[6] : undefined;
      return new TorchTensor(storage, offset, shape, stride, dtype instanceof Opaque ? dtype.name.replace('torch.', '') : undefined);
    }
  }
  return undefined;
}

function own<T>(table: Readonly<Record<string, T>>, key: string): T | undefined {
  return Object.hasOwn(table, key) ? table[key] : undefined;
}

function isSize(value: Value): value is number {
  return Number.isSafeInteger(value) && (value as number) >= 0;
}

function isSizes(value: Value): value is number[] {
  return Array.isArray(value) && value.length <= 64 && value.every(isSize);
}
