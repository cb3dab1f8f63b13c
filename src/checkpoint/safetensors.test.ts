import { describe, expect, test } from 'vitest';
import { safetensors } from '../../test/support/safetensors-writer.ts';
import { readCheckpoint } from './read.ts';

const f32 = (...values: number[]) => ({ dtype: 'F32', shape: [values.length], bytes: new Uint8Array(Float32Array.from(values).buffer) });
const codeOf = async (bytes: Uint8Array) => readCheckpoint(bytes).then(String, (error) => error.code);

describe('safetensors', () => {
  test('tensors and metadata', async () => {
    const bytes = safetensors({ 'a.weight': { ...f32(1, 2, 3, 4), shape: [2, 2] }, 'a.bias': f32(5) }, { format: 'pt', license: 'MIT' });
    const { format, metadata, tensors } = await readCheckpoint(bytes);
    expect(format).toBe('safetensors');
    expect(metadata).toEqual({ format: 'pt', license: 'MIT' });
    expect([...tensors.keys()]).toEqual(['a.weight', 'a.bias']);
    expect(await tensors.get('a.weight')?.read()).toEqual({ data: Float32Array.of(1, 2, 3, 4), shape: [2, 2] });
  });

  test('aligned float32 is not copied', async () => {
    const bytes = safetensors({ a: f32(1, 2) });
    const { tensors } = await readCheckpoint(bytes);
    expect((await tensors.get('a')?.read())?.data.buffer).toBe(bytes.buffer);
  });

  test('a scalar, an empty tensor, and every number type', async () => {
    const bytes = safetensors({
      scalar: { dtype: 'I64', shape: [], bytes: new Uint8Array(BigInt64Array.of(7n).buffer) },
      empty: { dtype: 'F32', shape: [0, 3], bytes: new Uint8Array() },
      f64: { dtype: 'F64', shape: [1], bytes: new Uint8Array(Float64Array.of(0.5).buffer) },
      f16: { dtype: 'F16', shape: [2], bytes: new Uint8Array(Uint16Array.of(0x3c00, 0xc000).buffer) },
      bf16: { dtype: 'BF16', shape: [1], bytes: new Uint8Array(Uint16Array.of(0x4000).buffer) },
      i32: { dtype: 'I32', shape: [1], bytes: new Uint8Array(Int32Array.of(-3).buffer) },
      i16: { dtype: 'I16', shape: [1], bytes: new Uint8Array(Int16Array.of(-4).buffer) },
      i8: { dtype: 'I8', shape: [1], bytes: new Uint8Array(Int8Array.of(-5).buffer) },
      u8: { dtype: 'U8', shape: [1], bytes: Uint8Array.of(200) },
      bool: { dtype: 'BOOL', shape: [2], bytes: Uint8Array.of(1, 0) },
    });
    const { tensors } = await readCheckpoint(bytes);
    const values: Record<string, number[]> = {};
    for (const [name, tensor] of tensors) values[name] = [...(await tensor.read()).data];
    expect(values).toEqual({
      scalar: [7],
      empty: [],
      f64: [0.5],
      f16: [1, -2],
      bf16: [2],
      i32: [-3],
      i16: [-4],
      i8: [-5],
      u8: [200],
      bool: [1, 0],
    });
    expect(tensors.get('scalar')).toMatchObject({ dtype: 'i64', shape: [] });
  });

  test('a name that is no property', async () => {
    const header = '{"__proto__":{"dtype":"F32","shape":[1],"data_offsets":[0,4]}}';
    const { tensors } = await readCheckpoint(safetensors.raw(header, new Uint8Array(4)));
    expect([...tensors.keys()]).toEqual(['__proto__']);
    expect(({} as { dtype?: string }).dtype).toBeUndefined();
  });

  const entry = (offsets: string, shape = '[1]', dtype = '"F32"') => `{"dtype":${dtype},"shape":${shape},"data_offsets":${offsets}}`;
  test.each([
    ['no JSON', '{"a":', 4, 'checkpoint-format'],
    ['deep JSON', `{"a":${'['.repeat(200_000)}`, 4, 'checkpoint-format'],
    ['an entry without shape', '{"a":{"dtype":"F32","data_offsets":[0,4]}}', 4, 'checkpoint-format'],
    ['an entry that is null', '{"a":null}', 4, 'checkpoint-format'],
    ['negative offsets', `{"a":${entry('[-4,0]')}}`, 4, 'checkpoint-format'],
    ['fractions', `{"a":${entry('[0,4]', '[1.5]')}}`, 4, 'checkpoint-format'],
    ['an end before the begin', `{"a":${entry('[4,0]')}}`, 4, 'checkpoint-format'],
    ['fewer bytes than the shape', `{"a":${entry('[0,4]', '[2]')}}`, 4, 'checkpoint-format'],
    ['sizes whose product is not exact', `{"a":${entry('[0,4]', '[94906267,94906267,94906267]')}}`, 4, 'checkpoint-format'],
    ['an overlap', `{"a":${entry('[0,4]')},"b":${entry('[2,6]')}}`, 8, 'checkpoint-format'],
    ['a gap', `{"a":${entry('[0,4]')},"b":${entry('[8,12]')}}`, 12, 'checkpoint-format'],
    ['bytes left over', `{"a":${entry('[0,4]')}}`, 8, 'checkpoint-format'],
    ['the same tensor twice', `{"a":${entry('[0,4]')},"a":${entry('[0,4]')}}`, 4, 'checkpoint-format'],
    ['an escaped twin', `{"a":${entry('[0,4]')},"\\u0061":${entry('[0,4]')}}`, 4, 'checkpoint-format'],
    ['float8', `{"a":${entry('[0,1]', '[1]', '"F8_E4M3"')}}`, 1, 'unsupported'],
    ['no tensors', '{"__metadata__":{"format":"pt"}}', 0, 'checkpoint-keys'],
    ['missing data', `{"a":${entry('[0,4]')}}`, 3, 'checkpoint-truncated'],
  ])('refuses %s', async (_, header, dataBytes, code) => {
    expect(await codeOf(safetensors.raw(header, new Uint8Array(dataBytes)))).toBe(code);
  });

  test('refuses a header longer than the file, without making room for it', async () => {
    const bytes = safetensors({ a: f32(1) });
    new DataView(bytes.buffer).setUint32(0, 99_000_000, true);
    expect(await codeOf(bytes)).toBe('checkpoint-truncated');
    new DataView(bytes.buffer).setUint32(4, 0xffffffff, true);
    expect(await codeOf(bytes)).toBe('checkpoint-format');
  });

  test('names and metadata that look like offsets do not count as twins', async () => {
    const bytes = safetensors(
      { data_offsets: f32(1), '"data_offsets":': f32(2) },
      { data_offsets: '"data_offsets":', x: '"data_offsets":' },
    );
    expect((await readCheckpoint(bytes)).tensors.size).toBe(2);
  });
});
