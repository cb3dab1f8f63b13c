/** The results: tables immediately, charts when their library has loaded. */
import { inOrder } from '../bench/markdown.ts';
import type { Report, Table } from '../bench/report.ts';
import { element, make } from '../view/dom.ts';
import { memoryView } from './memory-view.ts';
import { resultTables, tableHead, verdict } from './tables.ts';

const place = element('tables', HTMLDivElement);
const empty = element('empty', HTMLDivElement);

type Charts = typeof import('./charts/index.ts');
let charts: Promise<Charts> | undefined;
/** A running benchmark is rendered often. Only what has changed is rendered again. */
const shown = new Map<number, { text: string; article: HTMLElement }>();

export function showResults(report: Report, rank: boolean): void {
  if (report.tables.length === 0) {
    shown.clear();
    place.replaceChildren(empty);
    return;
  }
  report.tables.forEach((table, i) => {
    const text = JSON.stringify([table, rank, report.peaks]);
    const before = shown.get(i);
    if (before?.text === text) return;
    const article = make('article', 'table-block', tableHead(table), ...verdict(table, rank));
    const [compared, inside] = [make('div', 'figures compared'), make('div', 'figures')];
    article.append(compared, make('div', 'tables-of', ...resultTables(table, rank)), inside);
    shown.set(i, { text, article });
    if (before) before.article.replaceWith(article);
    else if (i === 0) place.replaceChildren(article);
    else place.append(article);
    void draw(compared, inside, report, table, rank);
  });
  for (const [i, { article }] of [...shown]) {
    if (i < report.tables.length) continue;
    article.remove();
    shown.delete(i);
  }
}

async function draw(compared: HTMLElement, inside: HTMLElement, { peaks }: Report, table: Table, rank: boolean): Promise<void> {
  charts ??= import('./charts/index.ts');
  const { barCharts, rooflineChart, layersChart, dropCharts } = await charts;
  dropCharts();
  if (!compared.isConnected) return;
  compared.append(...barCharts(table, inOrder(table, rank)));
  const parts = [peaks && rooflineChart(table, peaks), layersChart(table), table.memory && memoryView(table.memory)];
  inside.append(...parts.filter((part) => part !== undefined));
}

export async function recolour(): Promise<void> {
  if (charts) (await charts).recolourCharts();
}
