import { afterEach, describe, expect, it } from 'vitest';
import { type FileServer, serve } from '../../test/support/file-server.ts';
import { askFromHere } from './browser-runner.ts';

let server: FileServer | undefined;
afterEach(() => server?.close());

describe('askFromHere', () => {
  it('says of the address itself what its server answers, and nothing where that is there', async () => {
    server = await serve((request, response) => void response.writeHead(request.url === '/there.pth' ? 200 : 404).end());
    const { origin } = server;
    await expect(askFromHere(`${origin}/there.pth`)).resolves.toBeUndefined();
    await expect(askFromHere(`${origin}/a.pth`)).rejects.toThrow(`[${origin}/a.pth] The server answered 404`);
    await expect(askFromHere('hf:no/such', 'http://127.0.0.1:9')).rejects.toThrow(
      /^\[http.*no\/such.*\] The server could not be reached.* Check the address and the connection\.$/,
    );
  });
});
