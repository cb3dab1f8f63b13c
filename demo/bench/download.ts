/** The download size of a runtime's files, independent of the server: gzip as CompressionStream computes it. */
import type { Download } from './report.ts';

const known = new Map<string, Promise<{ url: string; bytes: number; gzip: number }>>();

export async function weigh(urls: readonly string[]): Promise<Download> {
  const files = await Promise.all(
    urls.map((url) => {
      const weighed = known.get(url) ?? weighFile(url);
      known.set(url, weighed);
      return weighed;
    }),
  );
  const sum = (of: 'bytes' | 'gzip') => files.reduce((total, file) => total + file[of], 0);
  return { files, gzip: sum('gzip'), bytes: sum('bytes') };
}

async function weighFile(url: string): Promise<{ url: string; bytes: number; gzip: number }> {
  const response = await fetch(url, { cache: 'force-cache' });
  const bytes = await response.arrayBuffer();
  const stream = new Blob([bytes]).stream().pipeThrough(new CompressionStream('gzip'));
  const gzip = (await new Response(stream).arrayBuffer()).byteLength;
  return { url: new URL(url).pathname.split('/').at(-1) ?? url, bytes: bytes.byteLength, gzip };
}
