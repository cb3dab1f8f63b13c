/** Progress on standard error: one line that is written over, only where somebody looks on. */
import type { Progress } from '../types.ts';
import type { Report } from './job.ts';

export function progressText({ phase, loaded, total }: Progress): string {
  const share = total ? ` ${Math.floor((100 * loaded) / total)} %` : '';
  const what = {
    download: 'Downloading weights',
    read: 'Reading weights',
    compile: 'Compiling kernels',
    upload: 'Uploading weights',
    warm: 'First run',
  };
  return `${what[phase]}${share}`;
}

export function reporter(stream: NodeJS.WriteStream): Report {
  if (!stream.isTTY) return () => {};
  let shown = '';
  return (text) => {
    if (text !== shown) stream.write(`\r\u001b[K${text}`);
    shown = text;
  };
}
