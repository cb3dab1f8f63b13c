import { expect, it } from 'vitest';
import { compareReports, reportName } from './compare.ts';
import { exampleReport, exampleResult, exampleTable } from './example-report.ts';

it('puts the same runtimes with the same network side by side', () => {
  const slower = exampleReport(true, [
    exampleTable({ runtimes: [exampleResult('ours', { warm: [22] }), exampleResult('tfjs-webgpu', { status: 'failed' })] }),
  ]);
  const [comparison, ...more] = compareReports(exampleReport(), slower);
  expect(more).toEqual([]);
  expect(comparison?.title).toBe('resnet18, 1×3×224×224');
  expect(comparison?.rows).toHaveLength(1);
  expect(comparison?.rows[0]?.slice(0, 4)).toEqual(['resnet-webgpu', '11.0 ms', '22.0 ms', '2.00×']);
  expect(comparison?.rows[0]).toHaveLength((comparison?.head.length ?? 0) + 1);
  expect(reportName(slower)).toBe('acme gpu-1 (software), Chrome 156 on Linux, version 0.1.0 at abc1234, 2026-11-23');
});

it('compares nothing of other sizes', () => {
  expect(compareReports(exampleReport(), exampleReport(false, [exampleTable({ shape: [1, 3, 64, 64] })]))).toEqual([]);
});
