// The same program for every bundler: classifies in the page and in a worker. Without `arch`, so that rarer parts are fetched, too.
import { loadModel } from 'resnet-webgpu';

const beside = (name) => new URL(name, location.href).href;

async function inPage() {
  const model = await loadModel({ weights: beside('weights.th') });
  const [best] = await model.classify(beside('image.png'));
  return best.label;
}

function inWorker() {
  const worker = new Worker(new URL('./worker.js', import.meta.url), { type: 'module' });
  return new Promise((resolve) => {
    worker.onmessage = ({ data }) => resolve(data);
    worker.onerror = ({ message }) => resolve(`worker: ${message}`);
    worker.postMessage([beside('weights.th'), beside('image.png')]);
  });
}

const text = (error) => `${error.code}: ${error.message}`;
Promise.all([inPage().catch(text), inWorker()]).then(([page, worker]) => {
  document.querySelector('output').textContent = `page ${page}, worker ${worker}`;
});
