import { loadModel } from './lib/resnet-webgpu.bundle.js';

let loading;

/** The worker is ended after some idle seconds, so the model is loaded by whoever needs it first. */
async function classify(address) {
  loading ??= loadModel({ arch: 'cifar_resnet56', weights: chrome.runtime.getURL('lib/resnet56.th') }).catch((error) => {
    loading = undefined; // so that the next call tries again
    throw error;
  });
  const model = await loading;
  const [best] = await model.classify(address);
  return `${best.label}, ${Math.round(best.probability * 100)} %`;
}

chrome.runtime.onInstalled.addListener(() => {
  chrome.contextMenus.create({ id: 'what', title: 'What is it?', contexts: ['image'] });
});

chrome.contextMenus.onClicked.addListener(async ({ srcUrl }) => {
  const text = await classify(srcUrl).catch((error) => error.message);
  await chrome.action.setTitle({ title: text });
  await chrome.action.setBadgeText({ text: text.slice(0, 4) });
});

chrome.runtime.onMessage.addListener(({ address }, _, answer) => {
  classify(address).then(answer, (error) => answer(error.message));
  return true; // the answer comes later
});
