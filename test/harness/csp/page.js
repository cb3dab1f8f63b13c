// The built package as a static server delivers it, where only files of that server may run: no bundler, no eval, no blobs.
import { catLogits, compare, library } from './cat.js';

const query = new URLSearchParams(location.search);
/** @type {{ name: string, run: () => Promise<string> }[]} */
const cases = [
  { name: 'csp/classifies an image element', run: classifyElement },
  { name: 'csp/runs in a module worker', run: runInWorker },
];

/** @type {string[]} */
const violations = [];
document.addEventListener('securitypolicyviolation', ({ violatedDirective, blockedURI }) =>
  violations.push(`${violatedDirective} blocked ${blockedURI}`),
);

await report({ type: 'device', text: 'strict content security policy' });
await report({ type: 'list', names: cases.map(({ name }) => name) });
for (const [index, { run }] of cases.entries()) {
  if (index < Number(query.get('from'))) continue;
  await report({ type: 'start', index, seconds: 120 });
  const start = performance.now();
  const outcome = await run().then(
    (note) => ({ note }),
    (error) => ({ error: `${error.code ?? ''} ${error.message}` }),
  );
  const error = [...('error' in outcome ? [outcome.error] : []), ...violations.splice(0)].join('\n');
  await report({ type: 'result', index, ...outcome, error: error || undefined, ms: performance.now() - start });
}
await report({ type: 'done' });

async function classifyElement() {
  const { loadModel } = await library();
  const model = await loadModel({ arch: 'cifar_resnet20', weights: '/test/checkpoints/weights/akamaster-cifar10/resnet20-12fca82f.th' });
  const [best] = await model.classify(/** @type {HTMLImageElement} */ (document.querySelector('img')));
  model.dispose();
  if (best?.label !== 'cat') throw new Error(`${best?.label} wins, expected cat`);
  return `${best.label} ${best.probability.toFixed(3)}`;
}

/** @returns {Promise<string>} */
function runInWorker() {
  const worker = new Worker('./worker.js', { type: 'module' });
  return new Promise((resolve, reject) => {
    worker.onerror = (event) => reject(new Error(event.message || 'the worker did not start'));
    worker.onmessage = ({ data }) => (data.error ? reject(new Error(data.error)) : resolve(compare(data.logits, catLogits)));
  });
}

/** @param {Record<string, unknown>} event */
async function report(event) {
  await fetch(`/report?session=${query.get('session')}`, { method: 'POST', body: JSON.stringify(event) });
}
