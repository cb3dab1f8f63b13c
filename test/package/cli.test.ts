import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { copyFileSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { findIcd } from '../../scripts/lib/browsers.mjs';
import { root } from '../../scripts/lib/setup.mjs';

const file = (path: string) => join(root, path);
const RESNET20 = 'test/checkpoints/weights/akamaster-cifar10/resnet20-12fca82f.th';

const cli = file('dist/cli.js');
const chelsea = file('test/photos/chelsea.png');
const rocket = file('test/photos/rocket.jpg');
const scratch = mkdtempSync(join(tmpdir(), 'resnet-webgpu-test-'));

afterAll(() => rmSync(scratch, { recursive: true, force: true }));

interface Ran {
  code: number | null;
  out: string;
  error: string;
}

function run(args: string[], { input, env = {} }: { input?: Buffer; env?: NodeJS.ProcessEnv } = {}): Ran {
  // Dawn takes the same software driver as the other tests, unless a GPU is asked for.
  const icd = process.env.WEBGPU_ADAPTER === 'default' ? undefined : findIcd('swiftshader');
  const { status, stdout, stderr } = spawnSync(process.execPath, [cli, ...args], {
    cwd: scratch,
    input,
    encoding: 'utf8',
    timeout: 300_000,
    env: { ...process.env, NO_COLOR: '1', LANG: 'C.UTF-8', ...(icd ? { VK_ICD_FILENAMES: icd } : {}), ...env },
  });
  return { code: status, out: stdout, error: stderr };
}

describe('classify', () => {
  it('prints the five most likely classes and says which network', () => {
    const { code, out, error } = run(['classify', chelsea]);
    expect({ code, error }).toEqual({ code: 0, error: '' });
    const [title, first, ...rest] = out.split('\n');
    expect(title).toBe(chelsea);
    expect(first).toMatch(/^ {2}cat +(100\.00|99\.\d\d) % {2}█+/);
    expect(rest.slice(0, 4)).toHaveLength(4);
    expect(out).toContain('ResNet-56 (bundled; CIFAR-10: knows ten classes only), f32, Node over Dawn on ');
  });

  it('prints JSON for programs, in the order of the command line', () => {
    const { code, out } = run(['classify', rocket, chelsea, '--json', '--top', '2', '--precision', 'f16']);
    expect(code).toBe(0);
    const { model, results } = JSON.parse(out);
    expect(model).toMatchObject({ arch: 'cifar_resnet56', precision: 'f16', weights: 'bundled:weights/resnet56-4bfd9763.th' });
    expect(results.map(({ image }: { image: string }) => image)).toEqual([rocket, chelsea]);
    expect(results.map(({ predictions }: { predictions: { label: string }[] }) => predictions[0]?.label)).toEqual(['ship', 'cat']);
    expect(results[0].predictions).toHaveLength(2);
    expect(results[1].predictions[0]).toEqual({ label: 'cat', index: 3, probability: expect.closeTo(1, 3) });
  });

  it('gives the same through headless Chromium', () => {
    const { code, out, error } = run(['classify', chelsea, '--browser', '--json']);
    expect({ code, error }).toEqual({ code: 0, error: '' });
    const { model, results } = JSON.parse(out);
    expect(model.through).toMatch(/^headless /);
    const inNode = JSON.parse(run(['classify', chelsea, '--json']).out);
    expect(inNode.model.through).toBe('Node over Dawn');
    for (const { label, probability } of results[0].predictions.slice(0, 1)) {
      expect({ label, probability }).toEqual({
        label: 'cat',
        probability: expect.closeTo(inNode.results[0].predictions[0].probability, 4),
      });
    }
  });

  it('takes a converted model from an address to headless Chromium: by its manifest, and by its folder', async () => {
    // A process of its own: `run` blocks this one.
    const serve = `require('node:http').createServer((request, response) => {
      const { pathname } = new URL(request.url, 'http://x');
      try {
        const bytes = require('node:fs').readFileSync(process.argv[1] + pathname);
        response.writeHead(200, { 'content-length': bytes.length }).end(bytes);
      } catch { response.writeHead(404).end(); }
    }).listen(0, '127.0.0.1', function () { console.log(this.address().port); });`;
    const server = spawn(process.execPath, ['-e', serve, file('test/converted')], { stdio: ['ignore', 'pipe', 'inherit'] });
    try {
      const [port] = await once(server.stdout, 'data');
      for (const path of ['f16/manifest.json', 'f16']) {
        const { code, out, error } = run([
          'classify',
          chelsea,
          '--browser',
          '--json',
          '-w',
          `http://127.0.0.1:${String(port).trim()}/${path}`,
        ]);
        expect({ path, code, error }).toEqual({ path, code: 0, error: '' });
        expect(JSON.parse(out).results[0].predictions).toHaveLength(5);
      }
    } finally {
      server.kill();
    }
  });

  it('takes the folder of a converted model, in Node and through headless Chromium', () => {
    for (const more of [[], ['--browser']]) {
      const { code, out, error } = run(['classify', chelsea, '-w', file('test/converted/f16'), '--json', ...more]);
      expect({ more, code, error }).toEqual({ more, code: 0, error: '' });
      const { model, results } = JSON.parse(out);
      expect(model.arch).toBe('timm.ResNet');
      expect(results[0].predictions[0].label).toBe('cow');
    }
  });

  it('says of files in words of a terminal what Chromium does not decode', () => {
    const notes = join(scratch, 'notes.png');
    writeFileSync(notes, 'no image');
    const { code, out, error } = run(['classify', notes, chelsea, '--browser']);
    expect(code).toBe(1);
    expect(error).toBe(`error: [${notes}] is not an image in a known format. Pass a PNG, JPEG, WebP, AVIF, GIF or BMP file.\n`);
    expect(out).toContain('cat');
  });

  it('does not look for another browser where CHROMIUM_PATH names none', () => {
    const { code, error } = run(['classify', chelsea, '--browser'], { env: { CHROMIUM_PATH: join(scratch, 'nothing') } });
    expect(error).toMatch(/^error: \[CHROMIUM_PATH\] There is no program at /);
    expect(code).toBe(1);
  });

  it('reads standard input, other weights, and labels from a file', () => {
    const labels = join(scratch, 'labels.txt');
    writeFileSync(labels, Array.from({ length: 10 }, (_, i) => `class ${i}`).join('\n'));
    const args = ['classify', '-', '--weights', file(RESNET20), '--arch', 'cifar_resnet20', '--labels', labels, '--top', '1'];
    const { code, out } = run(args, { input: readFileSync(chelsea) });
    expect(code).toBe(0);
    expect(out).toMatch(/^standard input\n {2}class 3 /);
    expect(out).toContain(`cifar_resnet20 from ${file(RESNET20)}`);
  });

  it('goes on after an image that fails, and ends with 1', () => {
    const broken = join(scratch, 'broken.png');
    writeFileSync(broken, readFileSync(chelsea).subarray(0, 1000));
    const { code, out, error } = run(['classify', 'missing.png', broken, chelsea]);
    expect(code).toBe(1);
    expect(out).toContain('cat');
    expect(error.split('\n').filter(Boolean)).toEqual([
      'error: [missing.png] There is no such file. Check the path.',
      expect.stringMatching(/^error: \[.*broken\.png\] is a PNG file that does not decode: .* Check that the file is whole\.$/),
    ]);
  });

  it('takes folders and patterns, and writes a line an image', () => {
    const photos = join(scratch, 'photos');
    mkdirSync(join(photos, 'more'), { recursive: true });
    for (const [from, to] of [
      [chelsea, 'a, b.png'],
      [rocket, 'more/rocket.jpg'],
    ] as const)
      copyFileSync(from, join(photos, to));
    writeFileSync(join(photos, 'notes.txt'), 'no image');
    writeFileSync(join(photos, 'broken.png'), readFileSync(chelsea).subarray(0, 1000));
    const csv = run(['classify', 'photos', '--csv']);
    expect({ code: csv.code, error: csv.error }).toEqual({ code: 1, error: '' });
    const name = (...parts: string[]) => join('photos', ...parts);
    expect(csv.out.split('\r\n').map((line) => line.replace(/,(1|0\.9\d+),$/, ',p,'))).toEqual([
      'image,rank,label,index,probability,error',
      `"${name('a, b.png')}",1,cat,3,p,`,
      expect.stringMatching(/^photos.broken\.png,,,,,.*does not decode/),
      `${name('more', 'rocket.jpg')},1,ship,8,p,`,
      '',
    ]);
    const { code, out } = run(['classify', 'photos/**/*.jpg', '--ndjson', '-k', '2']);
    expect(code).toBe(0);
    expect(
      out
        .trimEnd()
        .split('\n')
        .map((line) => JSON.parse(line)),
    ).toEqual([{ image: name('more', 'rocket.jpg'), predictions: [expect.objectContaining({ label: 'ship' }), expect.anything()] }]);
  });

  it.each([
    [
      'weights that are not there',
      ['classify', chelsea, '--weights', 'nothing.pth'],
      /^error: \[nothing\.pth\] There is no such file\./,
      1,
    ],
    [
      'weights of another network',
      ['classify', chelsea, '-w', file(RESNET20), '-a', 'resnet50'],
      /^error: \[conv1\] weight is .* Pass arch: 'cifar_resnet20'\.\nIn all /,
      1,
    ],
    [
      'a wrong option',
      ['classify', chelsea, '--nonsense'],
      /^error: Unknown option '--nonsense'\. See resnet-webgpu classify --help\.$/,
      2,
    ],
    ['an unknown architecture', ['classify', chelsea, '-w', file(RESNET20), '-a', 'resnet5O'], /^error: .*Did you mean/, 1],
  ])('says without a stack what is wrong with %s', (_, args, words, exit) => {
    const { code, error } = run(args);
    expect(error.trim()).toMatch(words);
    expect(error).not.toMatch(/\n\s+at /);
    expect(code).toBe(exit);
  });

  it('says what to install where nothing runs WebGPU', () => {
    // No driver for Dawn to find, and no browser on the path.
    const { code, error } = run(['classify', chelsea], {
      env: { VK_ICD_FILENAMES: '/nowhere.json', VK_DRIVER_FILES: '/nowhere.json', PATH: '', CHROMIUM_PATH: '' },
    });
    expect(error).toMatch(/^error: Nothing here can run WebGPU: .* Install Dawn for Node with npm install webgpu, or install Chromium/);
    expect(code).toBe(1);
  });
});

describe('inspect', () => {
  it('prints the layers of an architecture', () => {
    const { code, out } = run(['inspect', 'resnet50']);
    expect(code).toBe(0);
    expect(out).toMatch(/^resnet50, input 1x3x224x224\n/);
    expect(out).toContain('layer3.0.conv2');
    expect(out).toContain('25557032 parameters');
  });

  it('prints what a checkpoint holds and that it binds', () => {
    const { code, out } = run(['inspect', file('weights/resnet56-4bfd9763.th')]);
    expect(code).toBe(0);
    expect(out).toContain('format        pytorch-legacy');
    expect(out).toContain('architecture  cifar_resnet56, guessed from the file');
    expect(out).toContain('every tensor that the network needs is there and fits');
    const json = JSON.parse(run(['inspect', file('weights/resnet56-4bfd9763.th'), '--json']).out);
    expect(json).toMatchObject({ arch: 'cifar_resnet56', parameters: 853_018, format: 'pytorch-legacy' });
  });

  it('lists what does not fit', () => {
    const { code, out, error } = run(['inspect', file(RESNET20), '--arch', 'resnet50']);
    expect(code).toBe(1);
    expect(error).toMatch(/^error: /);
    // What stands in the file is told all the same.
    expect(out).toContain('layer1.0.conv1.weight  16x16x3x3  f32');
    const json = JSON.parse(run(['inspect', file(RESNET20), '--arch', 'resnet50', '--json']).out);
    expect(json).toMatchObject({ format: 'pytorch-legacy', error: { code: 'checkpoint-keys' } });
  });
});

describe('help', () => {
  it('is there for every command, and the version', () => {
    expect(run(['--help']).out).toContain('resnet-webgpu classify <image…>');
    expect(run(['classify', '--help']).out).toContain('--weights <from>');
    expect(run(['inspect', '--help']).out).toContain('Needs no GPU.');
    expect(run(['--version']).out.trim()).toBe(JSON.parse(readFileSync(file('package.json'), 'utf8')).version);
  });
});
