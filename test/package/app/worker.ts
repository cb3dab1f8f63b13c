/// <reference lib="webworker" />
import { loadModel } from 'resnet-webgpu';

addEventListener('message', async ({ data: weights }: MessageEvent<string>) => {
  const model = await loadModel({ arch: 'cifar_resnet20', weights });
  const image = await createImageBitmap(await (await fetch('/image.png')).blob());
  const [best] = await model.classify(image);
  postMessage(best?.label);
});
