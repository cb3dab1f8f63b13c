import { describe, expect, it } from 'vitest';
import { ResnetError } from '../util/errors.ts';
import type { Executable } from './executable.ts';
import { Executables } from './executables.ts';

/** Makes executables that report when they are disposed of. */
function factory() {
  const disposed: string[] = [];
  let made = 0;
  const make = (name: string) => async () => {
    const own = `${name}${++made}`;
    return { name: own, dispose: () => disposed.push(own) } as unknown as Executable;
  };
  return { disposed, make };
}

const nameOf = async (executable: Executable) => (executable as unknown as { name: string }).name;
/** As a session does. */
async function use<T>(
  executables: Executables,
  key: string,
  make: () => Promise<Executable>,
  call: (executable: Executable) => Promise<T>,
): Promise<T> {
  const held = executables.hold(key, make);
  try {
    return await call(await held.executable);
  } catch (error) {
    held.failed(error);
    throw error;
  } finally {
    held.release();
  }
}

const settled = () => new Promise((resolve) => setTimeout(resolve));

describe('executables', () => {
  it('are made once for each key', async () => {
    const { make } = factory();
    const executables = new Executables();
    expect(await use(executables, 'a', make('a'), nameOf)).toBe('a1');
    expect(await use(executables, 'b', make('b'), nameOf)).toBe('b2');
    expect(await use(executables, 'a', make('a'), nameOf)).toBe('a1');
  });

  it('make room for the fifth: the one that was not used for longest goes', async () => {
    const { make, disposed } = factory();
    const executables = new Executables();
    for (const key of ['a', 'b', 'c', 'd', 'a', 'e']) await use(executables, key, make(key), nameOf);
    await settled();
    expect(disposed).toEqual(['b2']);
  });

  it('stay while a call uses them', async () => {
    const { make, disposed } = factory();
    const executables = new Executables();
    let finish = () => undefined as undefined;
    const open = new Promise<void>((resolve) => {
      finish = () => void resolve();
    });
    const long = use(executables, 'a', make('a'), () => open);
    for (const key of ['b', 'c', 'd', 'e']) await use(executables, key, make(key), nameOf);
    await settled();
    expect(disposed).toEqual(['b2']);
    finish();
    await long;
    await use(executables, 'f', make('f'), nameOf);
    await settled();
    expect(disposed).toEqual(['b2', 'a1']);
  });

  it.each([
    ['an error of the GPU', new ResnetError('out-of-memory', 'full', { hint: '' }), 'a2'],
    ['an error of nobody knows what', new Error('?'), 'a2'],
    ['an error of the caller', new ResnetError('not-finite', 'NaN', { hint: '' }), 'a1'],
  ])('after %s', async (_, error, next) => {
    const { make } = factory();
    const executables = new Executables();
    await expect(use(executables, 'a', make('a'), () => Promise.reject(error))).rejects.toBe(error);
    expect(await use(executables, 'a', make('a'), nameOf)).toBe(next);
  });

  it('are made anew after a failure to make them, and after forget()', async () => {
    const { make, disposed } = factory();
    const executables = new Executables();
    await expect(use(executables, 'a', () => Promise.reject(new Error('no')), nameOf)).rejects.toThrow('no');
    expect(await use(executables, 'a', make('a'), nameOf)).toBe('a1');
    executables.forget();
    // A caller may still use what the last call left on the GPU.
    await settled();
    expect(disposed).toEqual([]);
    expect(await use(executables, 'a', make('a'), nameOf)).toBe('a2');
    await settled();
    expect(disposed).toEqual(['a1']);
  });
});
