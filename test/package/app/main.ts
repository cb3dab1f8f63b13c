// What a user writes on the first day, in strict TypeScript: the types have to carry it.
import { loadModel, type Model, type Prediction, ResnetError } from 'resnet-webgpu';

const weights = new URL('/weights.th', location.href);

async function classify(): Promise<Prediction[]> {
  const model: Model = await loadModel(
    { arch: 'cifar_resnet20', weights },
    { onProgress: ({ phase, loaded }) => console.debug(phase, loaded) },
  );
  const image = new Image();
  image.src = '/image.png';
  await image.decode();
  const predictions = await model.classify(image, { topK: 2 });
  model.dispose();
  return predictions;
}

function classifyInWorker(): Promise<string> {
  const worker = new Worker(new URL('./worker.ts', import.meta.url), { type: 'module' });
  return new Promise((resolve) => {
    worker.onmessage = ({ data }: MessageEvent<string>) => resolve(data);
    worker.onerror = ({ message }) => resolve(`worker error: ${message}`);
    worker.postMessage(weights.href);
  });
}

try {
  const [best] = await classify();
  document.title = `${best?.label} ${await classifyInWorker()}`;
} catch (error) {
  document.title = error instanceof ResnetError ? `${error.code}: ${error.message}` : String(error);
}
