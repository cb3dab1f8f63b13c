/** Progress on standard error: one line that is written over, only where somebody looks on. */
import type { Assumption, Progress } from '../api/types.ts';
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

/** What the checkpoint could not tell: what was taken, why, and what else it could be. */
export function assumptionText({ what, value, why, alternatives }: Assumption): string {
  const others = alternatives.map(({ value: other }) => valueText(other)).join('; ');
  return `${what}: ${valueText(value)}. ${why}${others && ` It could also be: ${others}.`}`;
}

const LONGEST = 100;

/** A list of a thousand labels is told by its beginning. */
function valueText(value: unknown): string {
  const text = typeof value === 'string' ? value : JSON.stringify(value);
  return text.length > LONGEST ? `${text.slice(0, LONGEST)}…` : text;
}
