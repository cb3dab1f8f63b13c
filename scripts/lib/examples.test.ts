import { readFileSync } from 'node:fs';
import { expect, it, vi } from 'vitest';

it('the extension loads its model once, and again after a failure', async () => {
  const loadModel = vi
    .fn()
    .mockRejectedValueOnce(new Error('The GPU is busy.'))
    .mockResolvedValue({ classify: async () => [{ label: 'cat', probability: 0.9 }] });
  const onMessage = vi.fn();
  const event = { addListener: () => {} };
  const chrome = {
    runtime: { onInstalled: event, onMessage: { addListener: onMessage }, getURL: String },
    contextMenus: { onClicked: event },
  };
  const program = readFileSync('examples/extension/background.js', 'utf8').replace(/^import .*$/m, '');
  new Function('loadModel', 'chrome', program)(loadModel, chrome);
  const ask = () => new Promise((answer) => onMessage.mock.calls[0]?.[0]({ address: 'cat.jpg' }, undefined, answer));
  expect([await ask(), await ask(), await ask()]).toEqual(['The GPU is busy.', 'cat, 90 %', 'cat, 90 %']);
  expect(loadModel).toHaveBeenCalledTimes(2);
});
