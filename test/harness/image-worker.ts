/** Answers an address with the pixels behind it, or with an error's text. */
import { pixelsOf } from './pixels.ts';

addEventListener('message', ({ data }) => {
  pixels(String(data)).then(postMessage, (error: unknown) => postMessage(String(error)));
});

async function pixels(address: string) {
  const device = await (await navigator.gpu.requestAdapter())?.requestDevice();
  if (!device) throw new Error('no WebGPU in this worker');
  try {
    return await pixelsOf(device, address);
  } finally {
    device.destroy();
  }
}
