import { expect, it } from 'vitest';
import { toCsv } from './csv.ts';
import { exampleReport, exampleResult, exampleTable } from './example-report.ts';

it('has a row for each runtime, with numbers that a spreadsheet can compute with', () => {
  const failed = exampleResult('ort-webgpu', { status: 'failed', error: 'no "way", out', warm: [], gpu: [] });
  const csv = toCsv(exampleReport(true, [exampleTable({ runtimes: [exampleResult('ours'), failed] })]));
  const [head = '', ours = '', ort = '', end] = csv.split('\r\n');
  expect(end).toBe('');
  const at = (row: string, title: string) => row.split(',')[head.split(',').indexOf(title)];
  expect(at(ours, 'warm ms')).toBe('11');
  expect(at(ours, 'relative error')).toBe('1.5e-7');
  expect(at(ours, 'software')).toBe('true');
  expect(at(ort, 'warm ms')).toBe('');
  expect(ort).toContain('"no ""way"", out"');
});

it('lets no text be a formula', () => {
  const failed = exampleResult('ours', { status: 'failed', error: '=HYPERLINK("x")' });
  expect(toCsv(exampleReport(false, [exampleTable({ runtimes: [failed] })]))).toContain(`"'=HYPERLINK(""x"")"`);
});
