// The demo with your own model: the folder of a converted model is copied next to the page, and the page starts with it.
import { copyFileSync, cpSync, mkdirSync, readFileSync, statSync } from 'node:fs';
import { basename, join, resolve } from 'node:path';

/**
 * What the page must know about a converted model.
 * @param {string} folder as `resnet-webgpu convert` writes it
 */
export function readOwnModel(folder) {
  const path = join(folder, 'manifest.json');
  if (!statSync(path, { throwIfNoEntry: false })?.isFile()) {
    throw new Error(`${folder} has no manifest.json. Convert a checkpoint first: npx resnet-webgpu convert resnet50.pth --out ${folder}`);
  }
  const manifest = JSON.parse(readFileSync(path, 'utf8'));
  if (manifest.format !== 'resnet-webgpu' || !Array.isArray(manifest.shards)) {
    throw new Error(`${path} is not the manifest of a converted model. Convert a checkpoint: npx resnet-webgpu convert resnet50.pth`);
  }
  /** @type {{ path: string, bytes: number }[]} */
  const shards = manifest.shards;
  for (const { path: shard, bytes } of shards) {
    const size = statSync(join(folder, shard), { throwIfNoEntry: false })?.size;
    if (size !== bytes) throw new Error(`${shard} of ${folder} has ${size ?? 'no'} bytes, its manifest says ${bytes}. Convert it again.`);
  }
  return {
    files: ['manifest.json', ...shards.map(({ path: shard }) => shard)],
    model: {
      name: basename(resolve(folder)),
      manifest: './model/manifest.json',
      classes: manifest.numClasses,
      bytes: shards.reduce((sum, { bytes }) => sum + bytes, 0),
    },
  };
}

/**
 * The Vite plugin: tells the page about the model, and adds its files to the build.
 * @param {string | undefined} folder
 * @returns {import('vite').Plugin}
 */
export function ownModel(folder) {
  const own = folder === undefined ? undefined : readOwnModel(folder);
  let out = '';
  return {
    name: 'own-model',
    config: () => (own ? { define: { __OWN_MODEL__: JSON.stringify(own.model) } } : {}),
    configResolved(config) {
      out = resolve(config.root, config.build.outDir);
    },
    writeBundle() {
      if (!own || folder === undefined) return;
      mkdirSync(join(out, 'model'), { recursive: true });
      for (const file of own.files) copyFileSync(join(folder, file), join(out, 'model', file));
    },
  };
}

/** The models in demo/models, unchanged, because their manifests name their shards. @returns {import('vite').Plugin} */
export function modelsBeside() {
  let folders = { root: '', out: '' };
  return {
    name: 'models-beside',
    apply: 'build',
    configResolved(config) {
      folders = { root: config.root, out: resolve(config.root, config.build.outDir) };
    },
    writeBundle() {
      cpSync(join(folders.root, 'models'), join(folders.out, 'models'), { recursive: true });
    },
  };
}
