import { loadModel } from 'resnet-webgpu';

addEventListener('message', async ({ data: [weights, image] }) => {
  try {
    const model = await loadModel({ weights });
    const [best] = await model.classify(image);
    postMessage(best.label);
  } catch (error) {
    postMessage(`${error.code}: ${error.message}`);
  }
});
