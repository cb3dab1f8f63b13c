/** Readable numbers and progress. */
import type { Progress } from '../library.ts';

export function bytes(count: number): string {
  if (count < 1000) return `${count} B`;
  if (count < 1e6) return `${(count / 1e3).toFixed(0)} kB`;
  return count < 1e9 ? `${(count / 1e6).toFixed(1)} MB` : `${(count / 1e9).toFixed(2)} GB`;
}

/** 855770 -> 0.86 million */
export function millions(count: number): string {
  return count < 1e9 ? `${(count / 1e6).toFixed(count < 1e7 ? 2 : 1)} million` : `${(count / 1e9).toFixed(2)} billion`;
}

/** One decimal, but never 100.0 % or 0.0 % for values that are only close. */
export function percent(share: number): string {
  if (share > 0.9995 && share < 1) return '> 99.9 %';
  if (share > 0 && share < 0.0005) return '< 0.1 %';
  return `${(share * 100).toFixed(1)} %`;
}

const SMALL = ['no', 'one', 'two', 'three', 'four', 'five', 'six', 'seven', 'eight', 'nine', 'ten', 'eleven', 'twelve'];

/** The set that a verdict was chosen from: "of ten classes", "of 1000 classes". */
export function ofClasses(count: number): string {
  return `of ${SMALL[count] ?? count} ${count === 1 ? 'class' : 'classes'}`;
}

export function progressWords({ phase, loaded, total }: Progress): string {
  switch (phase) {
    case 'download':
      return total ? `Downloading the checkpoint: ${bytes(loaded)} of ${bytes(total)}` : `Downloading the checkpoint: ${bytes(loaded)}`;
    case 'read':
      return 'Reading the checkpoint';
    case 'compile':
      return total ? `Compiling kernels: ${loaded} of ${total}` : 'Compiling kernels';
    case 'upload':
      return total ? `Uploading weights to the GPU: ${bytes(loaded)} of ${bytes(total)}` : 'Uploading weights to the GPU';
    case 'warm':
      return 'First run';
  }
}
