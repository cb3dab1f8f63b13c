/** The tarball as a user gets it: packed, installed in a fresh app, built, run. */
import { execFileSync, spawnSync } from 'node:child_process';
import {
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { publint } from 'publint';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { exportedNames } from '../../scripts/lib/blocks.mjs';
import { findBrowser, findIcd, launch } from '../../scripts/lib/browsers.mjs';
import { allCompilers, ownCompiler } from '../../scripts/lib/compilers.mjs';
import { reachableDeclarations } from '../../scripts/lib/declarations.mjs';
import { atTheirPlaces, entryPoints, writeDocuments } from '../../scripts/lib/documents.mjs';
import { EXAMPLES, exampleFolder, linesOf, runExample } from '../../scripts/lib/examples.mjs';
import { localLinks, packedLinks } from '../../scripts/lib/readme.mjs';
import { serveFolder } from '../../scripts/lib/server.mjs';
import { bin, root } from '../../scripts/lib/setup.mjs';
import { linkTargets } from '../../scripts/site/links.mjs';

const app = mkdtempSync(join(tmpdir(), 'resnet-webgpu-app-'));
const tools = ['vite', 'typescript', '@typescript', 'rolldown', '@webgpu'];
let tarball = '';

beforeAll(() => {
  const packed = npm(['pack', '--ignore-scripts', '--json', '--pack-destination', app], root);
  const [{ filename }] = JSON.parse(packed) as [{ filename: string }];
  tarball = join(app, filename);
  cpSync(join(root, 'test/package/app'), app, { recursive: true });
  writeFileSync(join(app, 'package.json'), JSON.stringify({ name: 'app', private: true, type: 'module' }));
  npm(['install', '--offline', '--ignore-scripts', '--no-audit', '--no-fund', tarball], app);
  // The app uses this repository's tools, so that nothing is downloaded. The package itself is the packed one.
  for (const name of tools) symlinkSync(join(root, 'node_modules', name), join(app, 'node_modules', name), 'junction');
  mkdirSync(join(app, 'public'));
  cpSync(join(root, 'test/checkpoints/weights/akamaster-cifar10/resnet20-12fca82f.th'), join(app, 'public/weights.th'));
  cpSync(join(root, 'test/checkpoints/images/cifar10/png/test-0000-cat.png'), join(app, 'public/image.png'));
});

afterAll(() => rmSync(app, { recursive: true, force: true }));

function npm(args: string[], cwd: string): string {
  return execFileSync('npm', args, { cwd, encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'], shell: process.platform === 'win32' });
}

/** Output of a program, even if it fails. */
function node(args: string[], cwd = app, env: Record<string, string> = {}): string {
  try {
    return execFileSync(process.execPath, args, {
      cwd,
      encoding: 'utf8',
      stdio: ['ignore', 'pipe', 'pipe'],
      env: { ...process.env, ...env },
    });
  } catch (error) {
    const { stdout, stderr } = error as { stdout: string; stderr: string };
    throw new Error(`${args.join(' ')}\n${stdout}\n${stderr}`);
  }
}

function compile(options: Record<string, unknown>, files: string[], compiler = bin('typescript', 'tsc')): string {
  const compilerOptions = { strict: true, noEmit: true, target: 'ES2022', lib: ['ESNext', 'DOM', 'DOM.Iterable'], types: [], ...options };
  writeFileSync(join(app, 'tsconfig.json'), JSON.stringify({ compilerOptions, files }));
  return node([compiler, '-p', 'tsconfig.json']);
}

/** This repository's own version is the last. The others must be installed from npm. */
const older = join(root, 'node_modules/@arethetypeswrong/core/node_modules/typescript/bin/tsc');
const compilers = process.env.FULL ? allCompilers() : [ownCompiler()];

describe('the tarball', () => {
  it('holds the build, the documents and nothing else', () => {
    const folder = join(app, 'node_modules/resnet-webgpu');
    const names = readdirSync(folder, { recursive: true, withFileTypes: true })
      .filter((entry) => entry.isFile())
      .map((entry) => join(entry.parentPath, entry.name).slice(folder.length + 1));
    expect(names.filter((name) => !/^(dist|docs|examples)[\\/]/.test(name)).toSorted()).toEqual([
      'ARCHITECTURE.md',
      'CHANGELOG.md',
      'CONTRIBUTING.md',
      'LICENSE',
      'NOTICE',
      'README.md',
      'SECURITY.md',
      // Of what is bundled into dist/export.js.
      'licenses/flatbuffers.txt',
      'package.json',
      // Used by the command's classify.
      'weights/LICENSE-akamaster.txt',
      'weights/README.md',
      'weights/resnet56-4bfd9763.th',
    ]);
    const odd = names.filter((name) => name.startsWith('dist/') && !/\.(d\.ts|js)$/.test(name));
    expect(odd).toEqual(['dist/vendor/LICENSES.txt']);
    expect(names.filter((name) => /\.(test|gpu|cases)\./.test(name))).toEqual([]);
  });

  it('holds no declarations but those that its entry points lead to', () => {
    const types = join(app, 'node_modules/resnet-webgpu/dist/types');
    const shipped = readdirSync(types, { recursive: true, withFileTypes: true })
      .filter((entry) => entry.isFile())
      .map((entry) =>
        join(entry.parentPath, entry.name)
          .slice(types.length + 1)
          .replaceAll('\\', '/'),
      );
    const entries = Object.values(entryPoints(join(app, 'node_modules/resnet-webgpu'))).map((file) => file.slice(types.length + 1));
    const wanted = reachableDeclarations(entries, (file) => readFileSync(join(types, file), 'utf8'));
    expect(shipped.toSorted()).toEqual([...wanted].toSorted());
  });

  it('has every page and picture that its README links', () => {
    const folder = join(app, 'node_modules/resnet-webgpu');
    const links = localLinks(readFileSync(join(folder, 'README.md'), 'utf8'));
    expect(links.length).toBeGreaterThan(8);
    expect(links.filter((link) => !existsSync(join(folder, link)))).toEqual([]);
  });

  it('has no link to a file that it lacks, in any page', () => {
    const folder = join(app, 'node_modules/resnet-webgpu');
    const names = readdirSync(folder, { recursive: true, encoding: 'utf8' }).map((name) => name.replaceAll('\\', '/'));
    const pages = names.filter((name) => name.endsWith('.md'));
    const dead = (change: (text: string, page: string) => string) =>
      pages.flatMap((page) =>
        linkTargets(change(readFileSync(join(folder, page), 'utf8'), page))
          .filter((link) => !existsSync(join(folder, dirname(page), link.replace(/#.*/, ''))))
          .map((link) => `${page}: ${link}`),
      );
    // In the repository, some of these links lead to the sources.
    expect(dead((text) => text)).toContainEqual(expect.stringContaining('src/'));
    for (const repository of ['', 'https://example.org/a/b'])
      expect(dead((text, page) => packedLinks(text, page, names, repository, 'v1.2.3'))).toEqual([]);
  });

  it('opens the weights that it ships, by name', () => {
    const script = `
      import { statSync } from 'node:fs';
      import { fileURLToPath } from 'node:url';
      console.log(statSync(fileURLToPath(import.meta.resolve('resnet-webgpu/weights/resnet56-4bfd9763.th'))).size);`;
    expect(node(['--input-type=module', '-e', script]).trim()).toBe(String(statSync(join(root, 'weights/resnet56-4bfd9763.th')).size));
  });

  it('has the library in one file, with no import in it', async () => {
    const { init, parse } = await import('es-module-lexer');
    await init;
    const [imports] = parse(readFileSync(join(app, 'node_modules/resnet-webgpu/dist/resnet-webgpu.bundle.js'), 'utf8'));
    expect(imports.map(({ n }) => n)).toEqual([]);
    const script =
      "const [a, b] = await Promise.all(['resnet-webgpu', 'resnet-webgpu/bundle'].map((name) => import(name))); console.log(Object.keys(a).sort().join() === Object.keys(b).sort().join())";
    expect(node(['--input-type=module', '-e', script]).trim()).toBe('true');
  });

  it('is readable where nobody catches an error: Node prints the line that threw it', () => {
    const program =
      "const { loadModel } = await import('resnet-webgpu'); await loadModel({ arch: 'resnt50', weights: 'https://x.test/x.pth' });";
    const { stderr, status } = spawnSync(process.execPath, ['--input-type=module', '-e', program], { cwd: app, encoding: 'utf8' });
    expect(status).toBe(1);
    expect(stderr).toContain('ResnetError: ');
    expect(stderr).not.toMatch(/^\w+ \[ResnetError\]/m);
    expect(stderr.length).toBeLessThan(5000);
  });

  it('depends on nothing', () => {
    const manifest = JSON.parse(readFileSync(join(app, 'node_modules/resnet-webgpu/package.json'), 'utf8'));
    expect(manifest.dependencies ?? {}).toEqual({});
    expect(Object.keys(manifest.peerDependencies ?? {}).filter((name) => !manifest.peerDependenciesMeta?.[name]?.optional)).toEqual([]);
  });

  it('pleases publint', async () => {
    const { messages } = await publint({ pkgDir: join(app, 'node_modules/resnet-webgpu'), level: 'suggestion', strict: true });
    expect(messages).toEqual([]);
  });

  it('pleases arethetypeswrong', () => {
    const attw = (...options: string[]) => node([bin('@arethetypeswrong/cli', 'attw'), tarball, ...options], root);
    attw('--profile', 'esm-only');
    // It warns about CommonJS that gets ES modules. require() can load those since Node 20.19.
    attw('--profile', 'node16', '--ignore-rules', 'cjs-resolves-to-esm');
  });

  it('is found without the condition `import`, and by tools that know `main` alone', () => {
    const folder = join(app, 'node_modules/resnet-webgpu');
    const { exports: entries, main } = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8'));
    for (const [name, entry] of Object.entries<{ import: string; default: string } | string>(entries)) {
      if (typeof entry !== 'string') expect([name, entry.default]).toEqual([name, entry.import]);
    }
    expect(main).toBe(entries['.'].default);
    const names = Object.keys(entries).filter((name) => !['./package.json', './tfjs', './weights/*'].includes(name));
    const script = `console.log(${JSON.stringify(names)}.map((name) => Object.keys(require('resnet-webgpu' + name.slice(1))).length > 0).join())`;
    expect(node(['--no-warnings', '--input-type=commonjs', '-e', script]).trim()).toBe(names.map(() => 'true').join());
  });
});

describe('types', () => {
  it.each([
    ['bundler', { module: 'ESNext', moduleResolution: 'Bundler' }, ['main.ts', 'library.ts']],
    ['node16', { module: 'Node16', moduleResolution: 'Node16' }, ['library.ts']],
    ['nodenext', { module: 'NodeNext', moduleResolution: 'NodeNext' }, ['library.ts']],
  ])('resolve with moduleResolution %s, library check included', (_, options, files) => {
    expect(compile({ ...options, skipLibCheck: false }, files)).toBe('');
  });

  it('work with an older TypeScript and @webgpu/types', () => {
    const options = { module: 'ESNext', moduleResolution: 'Bundler', types: ['@webgpu/types'] };
    expect(compile(options, ['main.ts', 'library.ts'], older)).toBe('');
  });

  // `moduleResolution: node`, in tsconfigs older than TypeScript 5, does not know `exports`. TypeScript 7 has dropped it.
  it('resolve with moduleResolution node10, every entry point', () => {
    const library = join(app, 'node_modules/resnet-webgpu');
    const { exports: entries } = JSON.parse(readFileSync(join(library, 'package.json'), 'utf8'));
    const names = Object.keys(entries).filter((name) => entries[name].types);
    expect(names.length).toBeGreaterThan(6);
    writeFileSync(
      join(app, 'entries.ts'),
      names.map((name, i) => `export * as entry${i} from 'resnet-webgpu${name.slice(1)}';`).join('\n'),
    );
    const options = { module: 'ESNext', moduleResolution: 'node10', types: ['@webgpu/types'], skipLibCheck: false };
    expect(compile(options, ['library.ts', 'entries.ts'], older)).toBe('');
  });

  it.each(compilers.slice(0, -1))('work with TypeScript $version, library check included', ({ tsc, types }) => {
    const options = { module: 'ESNext', moduleResolution: 'Bundler', lib: ['ES2022', 'DOM', 'DOM.Iterable'], types, skipLibCheck: false };
    expect(compile(options, ['main.ts', 'library.ts'], tsc)).toBe('');
  });

  it('keep the comments that editors show', () => {
    const library = join(app, 'node_modules/resnet-webgpu');
    const names = Object.values(entryPoints(library)).flatMap((file) => exportedNames(readFileSync(file, 'utf8')));
    const types = join(library, 'dist/types');
    const declared = readdirSync(types, { recursive: true, encoding: 'utf8' })
      .filter((name) => name.endsWith('.d.ts'))
      .map((name) => readFileSync(join(types, name), 'utf8'))
      .join('\n');
    // For a `typeof fetch`, editors and the reference show all overloads, without the parameters' names that say what is passed.
    expect(declared.match(/typeof globalThis\.\w+/g)).toBeNull();
    const functions = names.filter((name) => declared.includes(`export declare function ${name}`));
    expect(functions.length).toBeGreaterThan(15);
    expect(functions.filter((name) => !new RegExp(`\\*/\\nexport declare function ${name}\\b`).test(declared))).toEqual([]);
  });
});

describe('the documents', () => {
  it.each(compilers)('compile as printed with TypeScript $version', ({ tsc, types }) => {
    const { folder, printed, examples } = documents();
    expect(printed).toBeGreaterThan(20);
    expect(examples).toBeGreaterThan(2);
    const compilerOptions = {
      ...{ strict: true, noEmit: true, allowJs: true, checkJs: true, target: 'ES2022', module: 'ESNext', moduleResolution: 'Bundler' },
      // Some of the packages that they also import do not satisfy every compiler.
      ...{ lib: ['ES2022', 'DOM', 'DOM.Iterable'], types: ['node', ...types], skipLibCheck: true },
    };
    writeFileSync(join(folder, 'tsconfig.json'), JSON.stringify({ compilerOptions }));
    let output = '';
    try {
      output = node([tsc, '-p', '.'], folder);
    } catch (error) {
      output = String(error);
    }
    expect(atTheirPlaces(output)).toBe('');
  });
});

let written: ReturnType<typeof writeDocuments> | undefined;

function documents(): ReturnType<typeof writeDocuments> {
  written ??= writeDocuments(app);
  return written;
}

describe('in Node', () => {
  it('is imported without WebGPU and says what is missing', () => {
    const script = `
      import { loadModel, ResnetError } from 'resnet-webgpu';
      import 'resnet-webgpu/export';
      import 'resnet-webgpu/testing';
      const error = await loadModel({ arch: 'resnet18', weights: { random: 1 } }).catch((error) => error);
      console.log(error instanceof ResnetError, error.code);`;
    expect(node(['--input-type=module', '-e', script]).trim()).toBe('true webgpu-missing');
  });

  it('says what to install where loadModel and openDevice find no Dawn', () => {
    const script = `
      import { loadModel } from 'resnet-webgpu';
      import { openDevice } from 'resnet-webgpu/node';
      for (const call of [() => openDevice(), () => loadModel({ arch: 'resnet18', weights: { random: 1 } })])
        console.log((await call().catch((error) => error)).message);`;
    const text =
      'Node has no built-in WebGPU, and the package webgpu is not installed. Run npm install webgpu, or pass a device as options.device.';
    expect(node(['--input-type=module', '-e', script]).trim()).toBe(`${text}\n${text}`);
  });

  it('runs the lines of the README as they are printed, and without a device', ({ skip }) => {
    const driver = process.env.VK_ICD_FILENAMES ?? findIcd('swiftshader') ?? findIcd('lavapipe');
    if (!driver) skip('there is neither SwiftShader nor lavapipe');
    const readme = readFileSync(join(app, 'node_modules/resnet-webgpu/README.md'), 'utf8');
    const [, printed = ''] = /```js\n(import \{ readFile \}.*?)```/s.exec(readme) ?? [];
    const folder = join(app, 'in-node');
    const webgpu = join(app, 'node_modules/webgpu');
    mkdirSync(folder);
    cpSync(join(root, 'weights/resnet56-4bfd9763.th'), join(folder, 'resnet56-4bfd9763.th'));
    symlinkSync(join(root, 'node_modules/webgpu'), webgpu, 'junction');
    try {
      // Dawn's GPU object used to be collected during this, in most runs but not in all.
      writeFileSync(join(folder, 'printed.mjs'), printed);
      const env = { VK_ICD_FILENAMES: driver ?? '' };
      for (let i = 0; i < 5; i++) expect(node(['printed.mjs'], folder, env)).toMatch(/label: 'bird', index: 2, probability: 0\.25/);
      const own = printed
        .replace(/^import .*\/node.*\n/m, '')
        .replace(/^const device.*\n/m, '')
        .replace(', { device }', '');
      expect(own).not.toContain('evice');
      const released = '\nconst { lost } = model.device;\nmodel.dispose();\nconsole.log((await lost).reason);';
      writeFileSync(join(folder, 'own.mjs'), own + released);
      expect(node(['--expose-gc', 'own.mjs'], folder, env)).toMatch(/label: 'bird'.*\ndestroyed\n$/s);
    } finally {
      rmSync(webgpu);
    }
  });

  it('counts parameters without a GPU', () => {
    const script = `
      import { buildGraph } from 'resnet-webgpu';
      console.log(buildGraph({ type: 'ResNet', depth: 50 }, [1, 3, 224, 224]).parameters);`;
    expect(node(['--input-type=module', '-e', script]).trim()).toBe('23508032');
  });

  it('has a command', () => {
    const exec = ['exec', '--offline', '--yes', '--package', tarball, '--', 'resnet-webgpu'];
    expect(npm([...exec, '--help'], tmpdir())).toContain('classify');
    const photo = join(root, 'test/photos/chelsea.png');
    const { results } = JSON.parse(npm([...exec, 'classify', photo, '--json', '--browser'], tmpdir()));
    expect(results[0].predictions[0]).toMatchObject({ label: 'cat', probability: expect.closeTo(1, 2) });
  });
});

describe('the examples', () => {
  it('have at most 60 lines of own code, and pinned versions', () => {
    expect(Object.keys(EXAMPLES).toSorted()).toEqual(
      readdirSync(exampleFolder, { withFileTypes: true })
        .filter((entry) => entry.isDirectory())
        .map(({ name }) => name)
        .toSorted(),
    );
    for (const name of Object.keys(EXAMPLES)) {
      expect([name, linesOf(name) <= 60]).toEqual([name, true]);
      const { dependencies, devDependencies } = JSON.parse(readFileSync(join(exampleFolder, name, 'package.json'), 'utf8'));
      const versions = Object.values<string>({ ...dependencies, ...devDependencies });
      expect([name, ...versions.filter((version) => !/^\d+\.\d+\.\d+$/.test(version))]).toEqual([name]);
      expect([name, dependencies['resnet-webgpu']]).toEqual([name, JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')).version]);
    }
  });

  // Programs that only need the package. `npm run test:full` runs all of them.
  it.for(['html', 'node-folder'])('%s runs in an empty folder up to its label', async (name, { skip }) => {
    if (!(name === 'html' ? findBrowser('chromium') : (findIcd('swiftshader') ?? findIcd('lavapipe'))))
      skip('there is no software adapter');
    expect(await runExample(name, tarball, { offline: true })).toMatch(EXAMPLES[name]?.label ?? '');
  });
});

describe('in a Vite app', () => {
  it('is built, and classifies in a page and in a worker', async ({ skip }) => {
    node([join(app, 'node_modules/vite/bin/vite.js'), 'build', '--logLevel', 'warn', '--target', 'es2022']);
    const chunks = readdirSync(join(app, 'dist/assets'));
    expect(chunks.some((name) => name.startsWith('worker'))).toBe(true);
    if (!findBrowser('chromium')) skip('Chromium is not installed');
    const server = await serveFolder(join(app, 'dist'));
    const problems: string[] = [];
    const { page, close } = await launch('chromium', { onError: (text) => problems.push(text) });
    try {
      await page.goto(server.url);
      await page.waitForFunction(() => document.title !== 'waiting', { timeout: 60_000 });
      expect([await page.title(), ...problems]).toEqual(['cat cat']);
    } finally {
      await close();
      await server.close();
    }
  });
});
