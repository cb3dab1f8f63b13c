/** The command from a checkpoint to files that other runtimes run. */
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it, vi } from 'vitest';
import { expectClose } from '../../test/support/compare.ts';
import { runOnnx, runTfjs, runTflite } from '../../test/support/export-runtimes.ts';
import { readNpyTensor } from '../../test/support/npy.ts';
import type { Tensor } from '../api/types.ts';
import type { TfjsGraphArtifacts } from '../export/index.ts';
import { main } from './main.ts';

const CHECKPOINTS = 'test/checkpoints';
const RESNET20 = `${CHECKPOINTS}/weights/akamaster-cifar10/resnet20-12fca82f.th`;
const scratch = mkdtempSync(join(tmpdir(), 'resnet-webgpu-export-'));
const place = (name: string) => join(scratch, name);
afterAll(() => rmSync(scratch, { recursive: true, force: true }));

async function run(...args: string[]): Promise<{ code: number; out: string; error: string }> {
  const written = { out: '', error: '' };
  const catchInto = (key: 'out' | 'error') => (text: string | Uint8Array) => {
    written[key] += String(text);
    return true;
  };
  const spies = [
    vi.spyOn(process.stdout, 'write').mockImplementation(catchInto('out')),
    vi.spyOn(process.stderr, 'write').mockImplementation(catchInto('error')),
  ];
  try {
    return { code: await main(['export', ...args]), ...written };
  } finally {
    for (const spy of spies) spy.mockRestore();
  }
}

/** PyTorch's input and output for one image. */
const reference = (what: string): Tensor => readNpyTensor(readFileSync(`${CHECKPOINTS}/reference/resnet20-12fca82f.image0.${what}.npy`));

/** The artifacts as TF.js reads them from a folder's model.json. */
function readTfjs(folder: string): TfjsGraphArtifacts {
  const { weightsManifest, ...model } = JSON.parse(readFileSync(join(folder, 'model.json'), 'utf8'));
  const [{ paths, weights }] = weightsManifest as [{ paths: string[]; weights: TfjsGraphArtifacts['weightSpecs'] }];
  const data = Buffer.concat(paths.map((path) => readFileSync(join(folder, path))));
  return { ...model, weightSpecs: weights, weightData: data.buffer.slice(data.byteOffset, data.byteOffset + data.length) as ArrayBuffer };
}

describe('export', () => {
  it.each([
    ['onnx', async (path: string, input: Tensor) => runOnnx(readFileSync(path), { input })],
    ['tflite', async (path: string, input: Tensor) => runTflite(readFileSync(path), { input })],
    ['tfjs', async (path: string, input: Tensor) => runTfjs(readTfjs(path), { input })],
  ])('writes %s that computes what PyTorch does', async (to, compute) => {
    const { code, out, error } = await run(RESNET20, '--to', to, '--out', place(`model.${to}`));
    expect({ code, error }).toEqual({ code: 0, error: '' });
    expect(out).toContain('architecture   cifar_resnet20, as the file tells it');
    expect(out).toContain(`“input”, float32 ${{ onnx: '[batch, 3, 32, 32]', tflite: '[1, 32, 32, 3]', tfjs: '[batch, 32, 32, 3]' }[to]}`);
    const { logits } = await compute(place(`model.${to}`), reference('input'));
    expectClose(to, logits, reference('logits'), { relative: 1e-5 });
  });

  it('takes converted models, sizes and outputs, and tells it as JSON', async () => {
    const { code, out, error } = await run(
      'test/converted/f16',
      '-o',
      place('maps.onnx'),
      '-i',
      '64x48',
      '--outputs',
      '0,2,logits',
      '--json',
    );
    expect({ code, error }).toEqual({ code: 0, error: '' });
    const facts = JSON.parse(out);
    expect(facts).toMatchObject({ to: 'onnx', files: [place('maps.onnx')], bytes: statSync(place('maps.onnx')).size });
    expect(facts.input).toEqual(['batch', 3, 64, 48]);
    const outputs = await runOnnx(readFileSync(place('maps.onnx')), {
      input: { data: new Float32Array(3 * 64 * 48), shape: [1, 3, 64, 48] },
    });
    expect(Object.keys(outputs).toSorted()).toEqual(['logits', 'stage0', 'stage2']);
  });

  it('keeps what is there, unless told otherwise, and leaves no half of a file', async () => {
    const path = place('kept.onnx');
    writeFileSync(path, 'mine');
    expect(await run(RESNET20, '-o', path)).toMatchObject({ code: 1, error: expect.stringContaining('This file already exists.') });
    expect(readFileSync(path, 'utf8')).toBe('mine');
    expect(await run(RESNET20, '-o', path, '--arch', 'resnet50', '--force')).toMatchObject({ code: 1 });
    expect(readFileSync(path, 'utf8')).toBe('mine');
    expect((await run(RESNET20, '-o', path, '--force')).code).toBe(0);
    expect(statSync(path).size).toBeGreaterThan(1e6);
    expect(readdirSync(scratch).filter((name) => name.endsWith('.part'))).toEqual([]);
  });

  it('says what it cannot find', async () => {
    const { code, error } = await run('missing.pth', '-o', place('missing.onnx'));
    expect(code).toBe(1);
    expect(error).toContain('[missing.pth] There is no such file. Pass the path of a checkpoint');
    expect(existsSync(place('missing.onnx'))).toBe(false);
  });

  it('says what a folder of a TF.js model is', async () => {
    expect((await run(RESNET20, '--to', 'tfjs', '-o', place('web'))).code).toBe(0);
    const { code, error } = await run(place('web'), '-o', place('again.onnx'));
    expect(code).toBe(1);
    expect(error).toContain('[model.json] The file is a model of TensorFlow.js.');
  });

  it('says what it assumed in a line each, and why where that is asked for', async () => {
    const { out } = await run(RESNET20, '-o', place('brief.onnx'));
    const assumed = (text: string) => text.split('\n').filter((line) => line.startsWith('  assumed '));
    expect(assumed(out).length).toBeGreaterThan(3);
    expect(assumed(out)).toContain('  assumed        eps: 0.00001');
    expect(Math.max(...assumed(out).map((line) => line.length))).toBeLessThan(130);
    expect(out).toContain('(--verbose says why, and what else it could be)');
    const { out: all } = await run(RESNET20, '-o', place('long.onnx'), '--verbose');
    expect(assumed(all).length).toBe(assumed(out).length);
    expect(all).toMatch(/assumed {8}eps: 0\.00001\. The eps of batch norms .* It could also be: 0\.001;/);
    expect(all).not.toContain('--verbose');
  });

  it('names the help of the command where the command line is wrong', async () => {
    const { code, error } = await run(RESNET20, '--nonsense');
    expect(code).toBe(2);
    expect(error).toBe("error: Unknown option '--nonsense'. See resnet-webgpu export --help.\n");
  });
});
