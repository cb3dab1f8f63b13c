/** Writes results: a table for people; JSON, NDJSON and CSV for programs. */
import { printable } from '../util/show.ts';
import type { ClassifyArguments } from './command-line.ts';
import type { ImageOutcome, Outcome } from './job.ts';
import { modelLine, resultLines, styleFor } from './table.ts';

export interface ResultWriter {
  /** In the order of the command line. */
  result(result: ImageOutcome): void;
  /** @param outcome undefined if no image could be classified */
  end(outcome: Outcome | undefined): void;
}

interface Streams {
  out: NodeJS.WriteStream;
  error: NodeJS.WriteStream;
}

/**
 * @param title the table's title for the model
 * @param weights name of the model in JSON
 */
export function resultWriter(
  { format }: Pick<ClassifyArguments, 'format'>,
  title: (outcome: Outcome) => string,
  weights: string,
  { out, error }: Streams = { out: process.stdout, error: process.stderr },
): ResultWriter {
  switch (format) {
    case 'csv':
      out.write(`${CSV_HEADER}\r\n`);
      return { result: (result) => void out.write(csvLines(result).join('')), end: () => undefined };
    case 'ndjson':
      return { result: (result) => void out.write(`${printable(JSON.stringify(result))}\n`), end: () => undefined };
    case 'json': {
      const results: ImageOutcome[] = [];
      return {
        result: (result) => void results.push(result),
        end: (outcome) => {
          const model = outcome && { ...outcome.info, weights, through: outcome.through };
          out.write(`${printable(JSON.stringify({ model, results }, undefined, 2))}\n`);
        },
      };
    }
    case 'table': {
      const style = styleFor(out);
      return {
        // Errors go to standard error, so that a pipe only gets results.
        result: (result) =>
          'error' in result
            ? void error.write(`error: ${printable(result.error.message)}\n`)
            : void out.write(`${resultLines(result, style).join('\n')}\n\n`),
        end: (outcome) => outcome && void out.write(`${modelLine(outcome, title(outcome), style)}\n`),
      };
    }
  }
}

const CSV_HEADER = 'image,rank,label,index,probability,error';

/** A line for each class. For an image that failed, one with the reason. Follows RFC 4180. */
export function csvLines(result: ImageOutcome): string[] {
  if ('error' in result) return [`${field(result.image)},,,,,${field(result.error.message)}\r\n`];
  return result.predictions.map(
    ({ label, index, probability }, i) => `${field(result.image)},${i + 1},${field(label)},${index},${probability},\r\n`,
  );
}

function field(text: string): string {
  const shown = printable(text);
  return /[",\r\n]/.test(shown) ? `"${shown.replaceAll('"', '""')}"` : shown;
}
