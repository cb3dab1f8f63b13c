/** What axe has to complain about on a page. */
import { readFileSync } from 'node:fs';
import type { AxeResults } from 'axe-core';
import type { Page } from 'playwright-core';
import { file } from './site.ts';

const axe = readFileSync(file('node_modules/axe-core/axe.min.js'), 'utf8');

export async function violations(page: Page): Promise<string[]> {
  // Colours on their way from one scheme to the other are no scheme's.
  await page.evaluate(async () => {
    await new Promise((next) => requestAnimationFrame(next));
    const ending = document.getAnimations().filter(({ effect }) => Number.isFinite(effect?.getComputedTiming().endTime));
    await Promise.allSettled(ending.map(({ finished }) => finished));
  });
  // By DevTools and not by a script element, which the page's policy would refuse.
  await page.evaluate(axe);
  const { violations: found } = await page.evaluate(() => (globalThis as unknown as { axe: { run(): Promise<AxeResults> } }).axe.run());
  return found.map(({ id, nodes }) => `${id}: ${nodes.map(({ html, failureSummary }) => `${html} ${failureSummary}`).join('\n')}`);
}
