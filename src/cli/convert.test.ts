/** The command, from its arguments to a folder that loads over HTTP. */
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, describe, expect, it, vi } from 'vitest';
import { expectClose } from '../../test/support/compare.ts';
import { type FileServer, sendFile, serve } from '../../test/support/file-server.ts';
import { goldenNetwork } from '../../test/support/golden-networks.ts';
import { inHub, timmRepository } from '../../test/support/hub-repositories.ts';
import { serveHub } from '../../test/support/hub-server.ts';
import type { Tensor } from '../api/types.ts';
import { resolveArch } from '../arch/index.ts';
import { bindCheckpoint } from '../checkpoint/bind.ts';
import { describeWeights } from '../checkpoint/describe.ts';
import { forward } from '../convert/forward.ts';
import { main } from './main.ts';

const RESNET20 = 'test/checkpoints/weights/akamaster-cifar10/resnet20-12fca82f.th';
const scratch = mkdtempSync(join(tmpdir(), 'resnet-webgpu-convert-'));
const folder = (name: string) => join(scratch, name);

let server: FileServer | undefined;
afterEach(async () => {
  await server?.close();
  server = undefined;
});
afterAll(() => rmSync(scratch, { recursive: true, force: true }));

const run = (...args: string[]) => runCommand('convert', ...args);

async function runCommand(...args: string[]): Promise<{ code: number; out: string; error: string }> {
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
    return { code: await main(args), ...written };
  } finally {
    for (const spy of spies) spy.mockRestore();
  }
}

/** Logits of a folder's model, loaded from a static server. */
async function logitsOf(name: string, input: Tensor): Promise<Tensor | undefined> {
  server = await serve((request, response) => sendFile(request, response, readFileSync(join(folder(name), request.url ?? ''))));
  const { card, open } = await describeWeights(`${server.origin}/`, {});
  const arch = await resolveArch(card.arch ?? '', { numClasses: card.numClasses });
  const graph = arch.build(input.shape);
  const bound = await bindCheckpoint(graph, (await open()).checkpoint, { arch: arch.name });
  const node = graph.outputs.find(({ kind }) => kind === 'logits')?.node ?? '';
  return (await forward(graph, async (key) => (await bound.get(key).read()).data, input, [node])).get(node);
}

describe('convert', () => {
  it('says what it did', async () => {
    const { code, out, error } = await run(RESNET20, '--out', folder('int8'), '--dtype', 'int8');
    expect({ code, error }).toEqual({ code: 0, error: '' });
    expect(out.replaceAll(scratch, '').replace(/change by [\d.]+ %/, 'change by <n> %')).toMatchInlineSnapshot(`
      "resnet20-12fca82f.th
        architecture   cifar_resnet20, guessed from the file
        parameters     269,722; 19 batch norms folded
        stored as      int8, one scale for each output channel
        size           0.26 MiB in 1 shard, 25 % of float32
        cost           logits change by <n> % (L2) on a seeded input; the best class stays
        classes        10: airplane, automobile, bird, …
        preprocessing  short edge to 32, bilinear as pillow has it; crop 32; rgb
        assumed        shortcut: zeros around the channels
        assumed        stem: 3x3 of stride 1, no pooling
        assumed        dilation: none
        assumed        activation: relu
        assumed        eps: 0.00001
        assumed        preprocess: {"mean":[123.675,116.28,103.53],"std":[58.395,57.12,57.375],"order":"rgb"}
                       (--verbose says why, and what else it could be)

      /int8/manifest.json is there. Serve the folder and load it: loadModel('https://…/int8')
      "
    `);
    expect(readdirSync(folder('int8')).toSorted()).toEqual(['manifest.json', expect.stringMatching(/^weights-1of1-[0-9a-f]{8}\.bin$/)]);
  });

  it('what it wrote can be inspected, and is checked', async () => {
    await run(RESNET20, '--out', folder('kept'), '--dtype', 'f16');
    const { code, out } = await runCommand('inspect', folder('kept'));
    expect(code).toBe(0);
    expect(out.split('\n').slice(0, 6)).toEqual([
      'kept',
      '  format        tfjs, names as mmpretrain has them',
      '  tensors       97 of f16, f32, 271,098 numbers',
      '  integrity     the shard is what the manifest says',
      '  architecture  cifar_resnet20',
      '  binding       every tensor that the network needs is there and fits',
    ]);
    const shard = readdirSync(folder('kept')).find((name) => name.endsWith('.bin')) ?? '';
    writeFileSync(join(folder('kept'), shard), 'damaged');
    expect((await runCommand('inspect', join(folder('kept'), 'manifest.json'))).error).toMatch(
      /kept\/weights-.*\] The shard's SHA-256 is /,
    );
  });

  it('gives the facts as JSON', async () => {
    const { out } = await run(RESNET20, '--out', folder('json'), '--dtype', 'f16', '--json');
    const { error, shards, preprocess, ...rest } = JSON.parse(out);
    expect(error).toMatchObject({ sameTop1: true, relative: expect.any(Number) });
    expect(shards).toEqual(JSON.parse(readFileSync(join(folder('json'), 'manifest.json'), 'utf8')).shards);
    expect(preprocess.crop).toBe(32);
    expect(rest).toMatchObject({ name: 'cifar_resnet20', arch: 'cifar_resnet20', dtype: 'f16', parameters: 269722, numClasses: 10 });
  });

  it('takes a configuration as JSON or from a file, and labels; the folder loads', async () => {
    const { arch, weights, input, logits } = goldenNetwork('classifier/resnet18_gap_linear');
    writeFileSync(folder('net.safetensors'), weights);
    writeFileSync(folder('net.json'), JSON.stringify(arch));
    writeFileSync(folder('labels.txt'), 'abcdefghij'.split('').join('\n'));
    for (const given of [JSON.stringify(arch), folder('net.json')]) {
      const result = await run(folder('net.safetensors'), '-o', folder('net'), '-a', given, '-l', folder('labels.txt'), '--force');
      expect(result).toMatchObject({ code: 0, error: '' });
      expect(result.out).toContain('classes        10: a, b, c, …');
      const actual = await logitsOf('net', input);
      expectClose('logits', actual, logits ?? { data: [], shape: [] }, { relative: 1e-5 });
      await server?.close();
    }
  });

  it('takes everything from a repository', async () => {
    const { golden, files } = timmRepository();
    const hub = await serveHub(inHub({ 'timm/net': files }));
    vi.stubGlobal('fetch', (input: string, init?: RequestInit) => original(input.replace('https://huggingface.co', hub.origin), init));
    const { code, out, error } = await run('hf:timm/net', '-o', folder('hub'));
    vi.unstubAllGlobals();
    await hub.close();
    expect({ code, error }).toEqual({ code: 0, error: '' });
    expect(out).toContain('classes        5: zero, the number one, the number two, …');
    expect(out).toContain('short edge to 67, bicubic as pillow has it; crop 64; rgb');
    expectClose('logits', await logitsOf('hub', golden.input), golden.logits ?? { data: [], shape: [] }, { relative: 1e-5 });
  });
  const original = fetch;

  it('leaves a folder alone that is not empty, unless told', async () => {
    mkdirSync(folder('full'));
    writeFileSync(join(folder('full'), 'thesis.doc'), 'years of work');
    const { code, error } = await run(RESNET20, '-o', folder('full'));
    expect({ code, error: error.replaceAll(scratch, '') }).toEqual({
      code: 1,
      error: 'error: [/full] The folder is not empty (thesis.doc). Name another with --out, or add --force to replace the model in it.\n',
    });
    expect(readdirSync(folder('full'))).toEqual(['thesis.doc']);
    await run(RESNET20, '-o', folder('full'), '--force');
    const first = readdirSync(folder('full'));
    expect(first).toHaveLength(3);
    await run(RESNET20, '-o', folder('full'), '--force', '-d', 'f16');
    const second = readdirSync(folder('full'));
    // The earlier model's shard is deleted, other files are not.
    expect(second).toHaveLength(3);
    expect(second.filter((name) => first.includes(name)).toSorted()).toEqual(['manifest.json', 'thesis.doc']);
  });

  it.each([
    [
      'no file',
      ['nothing.pth', '-o', 'x'],
      '[nothing.pth] There is no such file. Pass the path of a checkpoint, an https:// address, or hf:owner/repository.',
    ],
    [
      'an image',
      ['test/photos/chelsea.png', '-o', 'x'],
      '[chelsea.png] The file is an image. Pass it to classify(), and the checkpoint file as `weights`.',
    ],
    [
      'a folder as a file',
      [RESNET20, '-o', 'package.json'],
      '[package.json] This is a file, not a folder. Name another folder with --out.',
    ],
    [
      'a configuration that is no JSON',
      [RESNET20, '-o', 'x', '-a', '{type: 1}'],
      /^\[--arch\] The configuration is not JSON: .* Write a name such as resnet50/,
    ],
    ['another architecture', [RESNET20, '-o', 'x', '-a', 'resnet50'], /^\[conv1\] weight is 16x3x3x3, the architecture needs 64x3x7x7\./],
    ['labels of another number', [RESNET20, '-o', 'x', '-l', 'test/goldens/errors.json'], /\[test\/goldens\/errors.json\]|\[labels\]/],
  ])('refuses %s and leaves nothing behind', async (_, args, message) => {
    const out = folder('refused');
    const { code, error } = await run(...args.map((arg) => (arg === 'x' ? out : arg)));
    expect(code).toBe(1);
    expect(error.replace(/^error: /, '').trimEnd()).toEqual(typeof message === 'string' ? message : expect.stringMatching(message));
    expect(readdirSync(scratch)).not.toContain('refused');
  });
});
