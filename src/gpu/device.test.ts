import { expect, test } from 'vitest';
import { requestDevice } from './device.ts';

test('without an adapter, Node is told of drivers that Dawn accepts, and of one for machines without a GPU', async () => {
  const none = { requestAdapter: async () => null } as unknown as GPU;
  const error = await requestDevice(undefined, async () => none).catch((refused) => refused);
  expect(error).toMatchObject({ code: 'adapter-missing', hint: expect.stringContaining('VK_DRIVER_FILES') });
  // It may already be installed.
  expect(error.message).not.toContain('mesa');
});
