/** axe's complaints about a page. */
import { readFileSync } from 'node:fs';
import type { AxeResults } from 'axe-core';
import type { Page } from 'playwright-core';
import { file } from './site.ts';

const axe = readFileSync(file('node_modules/axe-core/axe.min.js'), 'utf8');

export async function violations(page: Page): Promise<string[]> {
  // Colours in transition from one scheme to the other belong to neither.
  await page.evaluate(async () => {
    await new Promise((next) => requestAnimationFrame(next));
    const ending = document.getAnimations().filter(({ effect }) => Number.isFinite(effect?.getComputedTiming().endTime));
    await Promise.allSettled(ending.map(({ finished }) => finished));
  });
  // Through DevTools, because the page's policy would refuse a script element.
  await page.evaluate(axe);
  const { violations: found } = await page.evaluate(() => (globalThis as unknown as { axe: { run(): Promise<AxeResults> } }).axe.run());
  return found.map(({ id, nodes }) => `${id}: ${nodes.map(({ html, failureSummary }) => `${html} ${failureSummary}`).join('\n')}`);
}
