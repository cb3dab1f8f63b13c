/** Says why there is no device, or why one will not do. Fetched for those errors. */
import { ResnetError } from '../util/errors.ts';

export function noWebGpu(): ResnetError {
  const insecure = typeof isSecureContext !== 'undefined' && !isSecureContext;
  return new ResnetError('webgpu-missing', 'This environment has no WebGPU (navigator.gpu is undefined).', {
    hint: insecure
      ? 'Serve the page over https or from localhost: WebGPU exists in secure contexts only.'
      : 'Use Chrome or Edge 113+, Safari 26+ or Firefox 141+ (on Linux, enable it in the browser settings).',
  });
}

/** @param hint for programs outside of browsers */
export function noAdapter(
  hint = 'Turn on hardware acceleration in the browser settings, update the graphics driver, and look at chrome://gpu or about:support.',
): ResnetError {
  return new ResnetError('adapter-missing', 'WebGPU is there, but it has no adapter.', { hint });
}

export function refusedDevice(cause: unknown): ResnetError {
  return new ResnetError('adapter-missing', `The adapter gave no device: ${cause instanceof Error ? cause.message : cause}`, {
    hint: 'Reload the page. If that does not help, restart the browser.',
    cause,
  });
}

export function limitTooLow(name: string, actual: number, needed: number): ResnetError {
  return new ResnetError('device-limits', `The device allows ${name} = ${actual}, but the kernels need ${needed}.`, {
    layer: name,
    hint: 'Make the device with adapter.requestDevice(deviceDescriptor(adapter)).',
  });
}
