/** The report as Markdown, to paste into an issue. Pure. */
import { type Ending, PRECISIONS, power, type Result, type Titled, type Verdict, worst } from './results.ts';

export interface GpuFacts {
  vendor: string;
  architecture: string;
  device: string;
  description: string;
  software: boolean;
  features: readonly string[];
  limits: Readonly<Record<string, number>>;
}

export interface Report {
  version: string;
  date: string;
  userAgent: string;
  /** Absent if there is none. `why` has the reason. */
  gpu?: GpuFacts;
  why?: string;
  verdict: Verdict;
  checks: readonly Titled[];
  results: readonly Result[];
  ending: Ending;
}

/** More would make the text too long for an address. */
const MOST_FAULTS = 12;

export function gpuName({ vendor, architecture, device, description, software }: GpuFacts): string {
  const unnamed = software ? 'A processor that plays GPU' : 'A GPU that the browser does not name';
  return description || device || [vendor, architecture].filter(Boolean).join(' ') || unnamed;
}

export function titleOf({ gpu, verdict }: Report): string {
  return `Doctor: ${verdict.word.replace(/[.:]*$/, '')} (${gpu ? gpuName(gpu) : 'no WebGPU'})`;
}

export function toMarkdown({ version, date, userAgent, gpu, why, verdict, checks, results }: Report): string {
  const lines = [
    '## resnet-webgpu: does it work on this GPU?',
    '',
    `**${verdict.word}** ${verdict.sentence}`,
    '',
    `- resnet-webgpu ${version}, ${date}`,
    `- browser: ${userAgent}`,
  ];
  if (gpu) {
    const named = [gpu.vendor, gpu.architecture, gpu.device, gpu.description].filter(Boolean).join(', ');
    lines.push(
      `- adapter: ${named || 'not told'}${gpu.software ? ' (software)' : ''}`,
      `- features: ${gpu.features.join(', ') || 'none'}`,
      `- limits: ${Object.entries(gpu.limits)
        .map(([name, value]) => `${name} ${value}`)
        .join(', ')}`,
    );
  } else lines.push(`- adapter: none. ${why ?? ''}`.trim());
  if (results.length > 0) lines.push('', ...table(checks, results), ...faults(checks, results));
  return lines.join('\n');
}

function table(checks: readonly Titled[], results: readonly Result[]): string[] {
  return [
    `| check | ${PRECISIONS.join(' | ')} |`,
    `|---|${PRECISIONS.map(() => '---').join('|')}|`,
    ...checks.map(({ id, title }) => {
      const cells = PRECISIONS.map((precision) => cellText(results.find((one) => one.check === id && one.precision === precision)));
      return `| ${title} | ${cells.join(' | ')} |`;
    }),
  ];
}

/** A check in one precision, in words. */
export function cellText(result: Result | undefined): string {
  switch (result?.state) {
    case 'right':
      return `right, ${power(worst(result)?.error ?? 0)}`;
    case 'wrong':
      return `WRONG, ${result.compared.filter(({ pass }) => !pass).length} of ${result.compared.length}`;
    case 'failed':
      return 'could not run';
    default:
      return 'not checked';
  }
}

function faults(checks: readonly Titled[], results: readonly Result[]): string[] {
  const rows = results.flatMap(({ check, precision, compared, failure }) => {
    const title = checks.find(({ id }) => id === check)?.title ?? check;
    const wrong = compared.filter(({ pass }) => !pass);
    return [
      ...wrong.map(({ name, kernel, error }) => `| ${title} | ${precision} | ${name} | ${kernel} | ${power(error)} |`),
      ...(failure ? [`| ${title} | ${precision} | ${failure.what.replaceAll('|', '\\|').replaceAll('\n', ' ')} | | |`] : []),
    ];
  });
  if (rows.length === 0) return [];
  const more = rows.length - MOST_FAULTS;
  return [
    '',
    '| check | precision | layer | kernel | error |',
    '|---|---|---|---|---|',
    ...rows.slice(0, MOST_FAULTS),
    ...(more > 0 ? ['', `and ${more} more`] : []),
  ];
}
