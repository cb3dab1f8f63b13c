/** Rules for every dispatch and every shader (kernel.ts), checked on the dispatches of all cases. */

import { describe, expect, test } from 'vitest';
import { kernelCases } from '../../test/support/kernel-cases.ts';
import { freeNames, readWgsl } from '../../test/support/wgsl.ts';
import { channelConv1dDispatch } from './channel-conv1d/dispatch.ts';
import { addDispatch } from './elementwise/dispatch.ts';
import { gateProgram } from './gate/dispatch.ts';
import { radixSoftmaxDispatch } from './gate/radix.ts';
import { globalPoolDispatch } from './global-pool/dispatch.ts';
import { imageColumnsDispatch } from './image/columns.ts';
import { imageRowsDispatch } from './image/rows.ts';
import { copyDispatch, fromNchwDispatch, toNchwDispatch } from './layout/dispatch.ts';
import { NO_EPILOGUE } from './lib/epilogue.ts';
import { type DeviceProfile, type Dispatch, denseView, floatBits, grid, MAX_GRID, rowGrid } from './lib/kernel.ts';
import { shaderText } from './lib/shaders.ts';
import { linearDispatch } from './linear/dispatch.ts';
import { matmulDispatch } from './matmul/dispatch.ts';
import { normApplyDispatch, normStatisticsDispatch } from './norm/dispatch.ts';
import { plainOf } from './plain/dispatch.ts';
import { processorKernels } from './processor.ts';
import { stemDispatch } from './stem/dispatch.ts';
import { topKDispatch } from './top-k/dispatch.ts';

const files = import.meta.glob<string>(['../../shaders/*/*.wgsl', '!**/lib/*'], { query: '?raw', import: 'default', eager: true });

const modules = import.meta.glob<string>('../../shaders/**/lib/*.wgsl', { query: '?raw', import: 'default', eager: true });

/** Constants that choose among forms of modules, such as TILE in winograd.TILE4.wgsl. */
const forms = new Set(Object.keys(modules).flatMap((file) => /\.([A-Z][A-Z\d_]*?)\d*\.wgsl$/.exec(file)?.[1] ?? []));

/** Constants that a shader and its modules import. */
function constantsOf(text: string): Set<string> {
  const found = new Set<string>();
  for (const { path, names } of readWgsl(text).imports) {
    const file = `../../${path.replace('package', 'shaders').replaceAll('::', '/')}.`;
    const texts = Object.entries(modules).flatMap(([name, module]) => (name.startsWith(file) ? [module] : []));
    for (const name of path === 'constants' ? names : texts.flatMap((module) => [...constantsOf(module)])) found.add(name);
  }
  return found;
}

/** Shader texts by kernel. */
const shaders = new Map(Object.entries(files).map(([path, text]) => [path.slice(path.lastIndexOf('/') + 1, -'.wgsl'.length), text]));

/** Kernels that have their own tests. */
function others(): Dispatch[] {
  const attributes = {
    outChannels: 9,
    kernel: [3, 3],
    stride: [2, 2],
    padding: [1, 1, 1, 1],
    dilation: [1, 1],
    groups: 1,
    bias: true,
  } as const;
  const stem = { layer: 'stem', attributes, inChannels: 3, output: denseView(1, 9, 6, 7), height: 12, width: 14, epilogue: NO_EPILOGUE };
  const profiles: DeviceProfile[] = [
    { name: 'amd', computeUnits: 32 },
    { name: 'intel', computeUnits: 32 },
    { name: 'software', computeUnits: 4, processor: processorKernels(false) },
  ];
  const two = [5, 6] as [number, number];
  const sizes = { output: two, cropped: two, inset: two, window: two, sourceHeight: 9, entries: 2, taps: 3, levels: 4 };
  return [
    ...profiles.map((profile) => stemDispatch(stem, 'f32', profile)),
    topKDispatch({ rows: 2, classes: 1000, k: 5 }),
    imageRowsDispatch({ channels: 3, width: 5, height: 6, taps: 3, pillow: true }),
    imageColumnsDispatch({ channels: 3, ...sizes, reverse: true, truncate: false }),
  ];
}

const tried = kernelCases().flatMap((item) => item.case.steps(item.precision).map(({ dispatch }) => dispatch));
/** Their plain kernels. */
const plain = [...tried, ...others()].flatMap((dispatch) => plainOf(dispatch) ?? []);
const dispatches = [...tried, ...others(), ...plain];

/** One dispatch for each shader text. */
function distinct(): [string, Dispatch][] {
  const texts = new Map(dispatches.map((dispatch) => [shaderText(dispatch), dispatch]));
  return [...texts.values()].map((dispatch) => [`${dispatch.kernel}/${dispatch.variant}/${dispatch.precision}`, dispatch]);
}

function fieldsOf(text: string): { name: string; type: string }[] {
  const body = /struct Params \{([^}]*)\}/.exec(text)?.[1] ?? '';
  return [...body.replace(/\/\/.*/g, '').matchAll(/(\w+)\s*:\s*(\w+)/g)].map(([, name = '', type = '']) => ({ name, type }));
}

/** The value of an expression with constants, such as the size of an array. */
function evaluate(expression: string, text: string): number {
  const value = expression.replace(/[A-Z_][A-Z_0-9]*/g, (name) => {
    const definition = new RegExp(`const ${name} = ([^;]+);`).exec(text)?.[1];
    return definition === undefined ? 'NaN' : `(${evaluate(definition, text)})`;
  });
  if (!/^[\d\s()*/+u-]+$/.test(value)) return Number.NaN;
  return Number(new Function(`return ${value.replace(/u/g, '')}`)());
}

describe('every dispatch', () => {
  test.each(distinct())('%s keeps the limits of any device', (_, dispatch) => {
    const text = shaderText(dispatch);
    expect(dispatch.bindings.length).toBeLessThanOrEqual(6);
    expect(dispatch.workgroups.every((count) => Number.isInteger(count) && count >= 1 && count <= 65535)).toBe(true);
    const threads = /@workgroup_size\(([^)]*)\)/.exec(text)?.[1] ?? '';
    expect(evaluate(threads, text)).toBeLessThanOrEqual(256);
    let bytes = 0;
    for (const [, type = '', count = ''] of text.matchAll(/var<workgroup> \w+: array<(\w+), ([^>]+)>/g)) {
      bytes += evaluate(count, text) * (type === 'vec4f' ? 16 : 4);
    }
    expect(bytes).toBeLessThanOrEqual(16384);
  });

  test.each(distinct())('%s gives the shader the buffers and uniforms that it declares', (_, dispatch) => {
    const text = shaderText(dispatch);
    const buffers = [...text.matchAll(/@group\(0\) @binding\((\d+)\) var(?:<storage, (read|read_write)>)?/g)];
    const storage = buffers.filter(([, , access]) => access !== undefined).sort(([, a], [, b]) => Number(a) - Number(b));
    const declared = storage.map(([, , access]) => (access === 'read' ? 'read' : 'write'));
    expect(declared).toEqual(dispatch.bindings.filter((access) => access !== 'texture'));
    const fields = fieldsOf(text);
    expect(fields[0]).toEqual({ name: 'step', type: 'u32' });
    const names = fields.slice(1).map(({ name }) => name);
    // Built shaders have short names.
    if (process.env.MINIFY_WGSL === undefined) expect(Object.keys(dispatch.uniforms)).toEqual(names);
    else expect(Object.keys(dispatch.uniforms)).toHaveLength(names.length);
    for (const value of Object.values(dispatch.uniforms)) expect(Number.isInteger(value) && value >= 0 && value <= 0xffffffff).toBe(true);
  });

  test.each(distinct())('%s has a text that is whole: no name without a declaration, none with two', (_, dispatch) => {
    const file = readWgsl(shaderText(dispatch));
    expect(file.problems).toEqual([]);
    expect([...freeNames(file)]).toEqual([]);
  });

  // The build removes their imports.
  test.skipIf(process.env.MINIFY_WGSL !== undefined).each(distinct())('%s has no constant for nothing', (_, dispatch) => {
    const imported = constantsOf(dispatch.shader);
    expect(Object.keys(dispatch.constants).filter((name) => !forms.has(name) && !imported.has(name))).toEqual([]);
  });

  test('the same parameters give the same text, byte for byte', () => {
    const again = kernelCases().flatMap((item) => item.case.steps(item.precision).map(({ dispatch }) => shaderText(dispatch)));
    expect(again).toEqual(tried.map((dispatch) => shaderText(dispatch)));
  });
});

test('every kernel has cases', () => {
  const used = new Set([...tried, ...plain].map(({ kernel }) => kernel));
  // Kernels of images, rankings and the first convolution have their own tests, with images and goldens. So does the one that measures a GPU.
  const elsewhere = /^(image|top-k$|stem|probe$)/;
  expect([...shaders.keys()].filter((name) => !used.has(name) && !elsewhere.test(name))).toEqual([]);
});

test('every kernel has a plain one, or is a pass that plain convolutions do without', () => {
  const without = [...tried, ...others()].filter(({ kernel }) => !tried.some((other) => other.kernel === kernel && plainOf(other)));
  const names = new Set(without.filter((dispatch) => !plainOf(dispatch)).map(({ kernel }) => kernel));
  expect([...names].sort()).toEqual(['conv-sum', 'winograd-input', 'winograd-output', 'winograd-weights']);
});

test('every dispatch is named after its shader', () => {
  for (const { kernel, shader } of dispatches) expect(shader).toBe(shaders.get(kernel));
});

describe('grids', () => {
  test('fold where one axis ends', () => {
    expect(grid('layer', 1)).toEqual([1, 1, 1]);
    expect(grid('layer', 64 * MAX_GRID)).toEqual([MAX_GRID, 1, 1]);
    expect(grid('layer', 64 * MAX_GRID + 1, 64, 3)).toEqual([MAX_GRID, 2, 3]);
  });

  test('count pixels and groups along x, rows along y, images along z', () => {
    expect(rowGrid('layer', denseView(2, 5, 7, 33))).toEqual([2, 7, 2]);
    expect(() => rowGrid('layer1', denseView(1, 4, 70000, 1))).toThrowErrorMatchingInlineSnapshot(
      `[ResnetError: [layer1] needs 1x70000x1 workgroups, but WebGPU has at most 65535 along an axis. Use a smaller batch or image.]`,
    );
  });

  const view = denseView(65536, 4, 1, 1);
  const split = { ...view, slices: [4, 4], stride: 2 };
  const layer = 'layer1';
  test.each([
    ['to-nchw', () => toNchwDispatch({ layer, input: view }, 'f32')],
    ['from-nchw', () => fromNchwDispatch({ layer, shape: [65536, 4, 1, 1], output: view }, 'f32')],
    ['copy', () => copyDispatch({ layer, input: view, output: view }, 'f32')],
    ['add', () => addDispatch({ layer, input: view, other: view, output: view, epilogue: NO_EPILOGUE }, 'f32')],
    ['linear', () => linearDispatch({ layer, input: view, outFeatures: 4, epilogue: NO_EPILOGUE }, 'f32')],
    ['global-pool', () => globalPoolDispatch({ layer, input: view, output: view }, 'f32')],
    ['norm-statistics', () => normStatisticsDispatch({ layer, input: view, groups: 1, eps: 1e-5 }, 'f32')],
    ['norm-apply', () => normApplyDispatch({ layer, input: view, output: view, epilogue: NO_EPILOGUE }, 'f32')],
    ['radix-softmax', () => radixSoftmaxDispatch({ layer, radix: 2, groups: 1, input: split, output: split }, 'f32')],
    [
      'squeeze and excite',
      () => {
        const gate = { radix: 1, cardinals: 1, hidden: 4, groups: [1, 1], silu: false, epilogue: NO_EPILOGUE } as const;
        return gateProgram({ layer, ...gate, input: view, output: view }, 'f32', { name: 'amd', computeUnits: 64 });
      },
    ],
    ['channel-conv1d', () => channelConv1dDispatch({ layer, kernel: 3, input: view, output: view, epilogue: NO_EPILOGUE }, 'f32')],
    [
      'matmul',
      () =>
        matmulDispatch({
          layer,
          attributes: { transposeA: false, transposeB: false, scale: 1 },
          left: [65536, 1, 1],
          right: [65536, 1, 1],
        }),
    ],
  ])('of %s refuse a batch that exceeds an axis', (_, make) => {
    const named = { code: 'device-limits', layer, message: expect.stringContaining('smaller batch') };
    expect(make).toThrow(expect.objectContaining(named));
  });
});

test('floats travel as their bits', () => {
  expect(floatBits(1)).toBe(0x3f800000);
  expect(floatBits(-2)).toBe(0xc0000000);
});
