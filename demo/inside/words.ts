/** Readable numbers. */
import { millions } from '../logic/words.ts';

/** 4672 -> 4,672; millions from a million on. */
export function count(number: number): string {
  return number < 1e6 ? number.toLocaleString('en') : millions(number);
}

export function microseconds(us: number): string {
  return us < 1000 ? `${us.toFixed(us < 10 ? 1 : 0)} µs` : `${(us / 1000).toFixed(us < 1e4 ? 2 : 1)} ms`;
}
