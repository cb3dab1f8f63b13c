// Writes a network with random weights in every runtime's format into a folder, for the programs that run the runtimes in Node.
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { createServer } from 'vite';
import { root } from './setup.mjs';
import { wgsl } from './wgsl.mjs';

/** @typedef {{ name: string, macs: number, least: number }} Layer least: multiplications that remain with Winograd's F(4x4) */

/**
 * @param {readonly string[]} names of architectures
 * @param {string} work folder in which each name gets a folder
 * @param {{ batch?: number, size?: number, library?: string }} [options] library: the build to run as ours; default: dist/
 * @returns {Promise<Record<string, { folder: string, macs: number, layers: Layer[] }>>}
 */
export async function networkFiles(names, work, { batch = 1, size, library = join(root, 'dist/index.js') } = {}) {
  const server = await createServer({
    root,
    configFile: false,
    logLevel: 'error',
    plugins: [wgsl()],
    server: { middlewareMode: true, hmr: false, ws: false },
    optimizeDeps: { noDiscovery: true },
  });
  /** @type {Record<string, { folder: string, macs: number, layers: Layer[] }>} */
  const made = {};
  try {
    const { resolveArch } = await server.ssrLoadModule('/src/arch/index.ts');
    const { randomCheckpoint } = await server.ssrLoadModule('/src/checkpoint/random.ts');
    const { toOnnx, toTfjsGraph, toTflite } = await server.ssrLoadModule('/src/export/index.ts');
    for (const arch of names) {
      const resolved = await resolveArch(arch);
      const [height, width] = size === undefined ? resolved.inputSize : [size, size];
      const shape = [batch, resolved.inputChannels, height, width];
      /** @type {import('../../src/graph/types.ts').Graph} */
      const graph = resolved.build(shape);
      const checkpoint = randomCheckpoint(graph, 1, { zeroInitResidual: resolved.zeroInitResidual });
      const folder = join(work, arch);
      mkdirSync(folder, { recursive: true });
      const options = { outputs: ['logits'], strict: false };
      const { weightData, ...json } = await toTfjsGraph(graph, checkpoint, options);
      writeFileSync(join(folder, 'model.onnx'), await toOnnx(graph, checkpoint, options));
      writeFileSync(join(folder, 'model.tflite'), await toTflite(graph, checkpoint, options));
      writeFileSync(join(folder, 'model.json'), JSON.stringify(json));
      writeFileSync(join(folder, 'model.bin'), new Uint8Array(weightData));
      writeFileSync(join(folder, 'network.json'), JSON.stringify({ arch, shape, library }));
      const layers = graph.nodes.flatMap((node) => {
        if (node.macs === 0) return [];
        const isWinograd = node.op === 'conv2d' && `${node.attributes.kernel}/${node.attributes.stride}` === '3,3/1,1';
        return [{ name: node.name, macs: node.macs, least: node.macs / (isWinograd ? 4 : 1) }];
      });
      made[arch] = { folder, macs: graph.macs, layers };
    }
  } finally {
    await server.close();
  }
  return made;
}
