/** A report in a link: JSON, deflated, in URL-safe characters. */
import { isReport, type Report } from './report.ts';

const KEY = 'report';

/** A list of files and the adapter's limits would make a link long without helping anyone. */
export function slim(report: Report): Report {
  const tables = report.tables.map((table) => ({
    ...table,
    runtimes: table.runtimes.map((result) => ({ ...result, download: result.download && { ...result.download, files: [] } })),
  }));
  const environment = { ...report.environment };
  if (environment.adapter) environment.adapter = { ...environment.adapter, features: [], limits: {} };
  return JSON.parse(JSON.stringify({ ...report, environment, tables }));
}

export async function packReport(report: Report): Promise<string> {
  const stream = new Blob([JSON.stringify(slim(report))]).stream().pipeThrough(new CompressionStream('deflate-raw'));
  const bytes = new Uint8Array(await new Response(stream).arrayBuffer());
  let text = '';
  for (const byte of bytes) text += String.fromCharCode(byte);
  return `${KEY}=${btoa(text).replaceAll('+', '-').replaceAll('/', '_').replaceAll('=', '')}`;
}

/** The report in a fragment. Undefined if there is none, an error if it cannot be read. */
export async function unpackReport(fragment: string): Promise<Report | undefined> {
  const packed = new RegExp(`(?:^|[#&])${KEY}=([\\w-]+)`).exec(fragment)?.[1];
  if (packed === undefined) return undefined;
  const bytes = Uint8Array.from(atob(packed.replaceAll('-', '+').replaceAll('_', '/')), (letter) => letter.charCodeAt(0));
  const stream = new Blob([bytes]).stream().pipeThrough(new DecompressionStream('deflate-raw'));
  return parseReport(await new Response(stream).text());
}

export function parseReport(json: string): Report {
  const value: unknown = JSON.parse(json);
  if (!isReport(value)) throw new Error('This is not a report of this benchmark.');
  return value;
}
