/** Prints predictions in a terminal. */
import { printable, printableName } from '../util/show.ts';
import type { ImageOutcome, Outcome } from './job.ts';

export interface TableStyle {
  colour: boolean;
  /** Width of the terminal in columns. */
  width: number;
  /** False if the terminal may only support ASCII. */
  unicode: boolean;
}

export function styleFor(stream: NodeJS.WriteStream, environment: NodeJS.ProcessEnv = process.env): TableStyle {
  const { LC_ALL, LC_CTYPE, LANG, NO_COLOR, FORCE_COLOR, TERM } = environment;
  const locale = LC_ALL || LC_CTYPE || LANG || '';
  return {
    colour: FORCE_COLOR ? FORCE_COLOR !== '0' : stream.isTTY === true && !NO_COLOR && TERM !== 'dumb',
    width: Math.min(stream.columns || 80, 100),
    unicode: process.platform === 'win32' || /utf-?8/i.test(locale),
  };
}

const EIGHTHS = ['', '▏', '▎', '▍', '▌', '▋', '▊', '▉'];
const MAX_BAR = 40;

export function bar(share: number, width: number, unicode: boolean): string {
  const eighths = Math.round(Math.max(0, Math.min(1, share)) * width * 8);
  if (!unicode) return '#'.repeat(Math.round(eighths / 8));
  return '█'.repeat(Math.floor(eighths / 8)) + (EIGHTHS[eighths % 8] ?? '');
}

export function resultLines(result: ImageOutcome, style: TableStyle): string[] {
  const image = printableName(result.image);
  const paint = (code: number, text: string) => (style.colour && text !== '' ? `\u001b[${code}m${text}\u001b[0m` : text);
  if ('error' in result) return [paint(1, image), `  ${paint(31, 'error')}  ${printable(result.error.message)}`];
  const predictions = result.predictions.map(({ label, ...rest }) => ({ label: printableName(label), ...rest }));
  // Half of the width is for the name, the rest for number and bar.
  const nameWidth = Math.min(Math.max(...predictions.map(({ label }) => label.length)), Math.floor(style.width / 2));
  const barWidth = Math.min(MAX_BAR, style.width - nameWidth - 16);
  const lines = predictions.map(({ label, probability }, rank) => {
    const ellipsis = style.unicode ? '…' : '.';
    const name = (label.length > nameWidth ? label.slice(0, nameWidth - 1) + ellipsis : label).padEnd(nameWidth);
    const percent = `${(probability * 100).toFixed(2).padStart(6)} %`;
    const drawn = bar(probability, barWidth, style.unicode);
    return `  ${rank === 0 ? paint(1, name) : name}  ${percent}  ${paint(rank === 0 ? 33 : 2, drawn)}`.trimEnd();
  });
  return [paint(1, image), ...lines];
}

/** Where and how it was computed. */
export function modelLine({ info, through }: Outcome, model: string, style: TableStyle): string {
  const { adapter, precision } = info;
  const named = adapter.description || [adapter.vendor, adapter.architecture].filter(Boolean).join(' ') || 'unnamed adapter';
  const text = printableName(`${model}, ${precision}, ${through} on ${named}${adapter.software ? ' (software, no GPU)' : ''}`);
  return style.colour ? `\u001b[2m${text}\u001b[0m` : text;
}
