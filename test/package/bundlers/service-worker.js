import { loadModel } from './node_modules/resnet-webgpu/dist/resnet-webgpu.bundle.js';

async function classify() {
  const model = await loadModel({ weights: new URL('weights.th', self.location.href) });
  const [best] = await model.classify(new URL('image.png', self.location.href));
  return best.label;
}

addEventListener('message', (event) => {
  event.waitUntil(
    classify()
      .catch((error) => `${error.code}: ${error.message}`)
      .then((text) => event.source.postMessage(text)),
  );
});
