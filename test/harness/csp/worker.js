// Loads the package in a worker and runs one image, whose input tensor is the reference's.
import { library, readNpy } from './cat.js';

try {
  const { loadModel } = await library();
  const folder = '/test/checkpoints';
  const input = await readNpy(`${folder}/reference/resnet20-12fca82f.image0.input.npy`);
  const model = await loadModel({ arch: 'cifar_resnet20', weights: `${folder}/weights/akamaster-cifar10/resnet20-12fca82f.th` });
  const { logits } = await model.run({ data: input, shape: [1, 3, 32, 32] });
  model.dispose();
  postMessage({ logits: [...(logits?.data ?? [])] });
} catch (error) {
  postMessage({ error: String(error) });
}
