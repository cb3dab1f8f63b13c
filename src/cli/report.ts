/** Progress on standard error: one line that is overwritten, only in a terminal. */
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

/**
 * What the checkpoint does not tell: the assumptions, one on each line.
 * @param label the start of each line
 * @param verbose adds the reasons and the alternatives
 */
export function assumptionLines(assumed: readonly Assumption[], label: string, verbose: boolean): string[] {
  if (verbose || assumed.length === 0) return assumed.map((one) => `${label}${longText(one)}`);
  const short = assumed.map(({ what, value }) => `${label}${what}: ${valueText(value)}`);
  return [...short, `${' '.repeat(label.length)}(--verbose says why, and what else it could be)`];
}

function longText({ what, value, why, alternatives }: Assumption): string {
  const others = alternatives.map(({ value: other }) => valueText(other)).join('; ');
  return `${what}: ${valueText(value)}. ${why}${others && ` It could also be: ${others}.`}`;
}

const LONGEST = 100;

/** Of a long list of labels, prints the start. */
function valueText(value: unknown): string {
  const text = typeof value === 'string' ? value : JSON.stringify(value);
  return text.length > LONGEST ? `${text.slice(0, LONGEST)}…` : text;
}
