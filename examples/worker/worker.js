// Import maps do not reach workers, so the path is written out. With a bundler it is `from 'resnet-webgpu'`.
import { loadModel } from './node_modules/resnet-webgpu/dist/index.js';

// Immediately, not when the first image comes.
const loading = loadModel({ arch: 'cifar_resnet56', weights: './node_modules/resnet-webgpu/weights/resnet56-4bfd9763.th' });

addEventListener('message', async ({ data: bitmap }) => {
  try {
    const model = await loading;
    const [best] = await model.classify(bitmap);
    postMessage(best);
  } catch (error) {
    postMessage({ error: error.message });
  }
});
