import type { Chart, ChartConfiguration, Plugin } from 'chart.js';
import { bytes, milliseconds } from '../../bench/format.ts';
import { firstResultOf, type RuntimeResult, type Table, warmOf } from '../../bench/report.ts';
import { RUNTIMES, type RuntimeId } from '../../bench/runtimes.ts';
import { chartFigure, type Palette } from './chart.ts';

interface Bar {
  id: RuntimeId;
  value: number;
  /** p10 and p90. */
  spread?: [number, number];
}

/** Writes the value at the end of each bar, and draws a whisker if there is a spread. */
function numbers(bars: readonly Bar[], words: (value: number) => string, colours: Palette): Plugin<'bar'> {
  return {
    id: 'numbers',
    afterDatasetsDraw(chart: Chart<'bar'>) {
      const { ctx, scales } = chart;
      const { x } = scales;
      const elements = chart.getDatasetMeta(0).data;
      if (!x) return;
      ctx.save();
      ctx.font = `500 11px ${colours.font}`;
      ctx.fillStyle = colours.ink;
      ctx.strokeStyle = colours.ink;
      ctx.textBaseline = 'middle';
      bars.forEach(({ value, spread }, i) => {
        const y = elements[i]?.y;
        if (y === undefined) return;
        let end = x.getPixelForValue(value);
        if (spread && spread[1] > spread[0]) {
          const [from, to] = spread.map((at) => x.getPixelForValue(at)) as [number, number];
          ctx.beginPath();
          for (const [x1, y1, x2, y2] of [
            [from, y, to, y],
            [from, y - 4, from, y + 4],
            [to, y - 4, to, y + 4],
          ] as const) {
            ctx.moveTo(x1, y1);
            ctx.lineTo(x2, y2);
          }
          ctx.stroke();
          end = Math.max(end, to);
        }
        ctx.fillText(words(value), end + 8, y);
      });
      ctx.restore();
    },
  };
}

function barChart(title: string, words: string, bars: readonly Bar[], format: (value: number) => string): HTMLElement {
  return chartFigure(title, words, `bars bars-${bars.length}`, (colours) => {
    const most = Math.max(...bars.map(({ value, spread }) => Math.max(value, spread?.[1] ?? 0)));
    const config: ChartConfiguration<'bar'> = {
      type: 'bar',
      data: {
        labels: bars.map(({ id }) => RUNTIMES[id].short),
        datasets: [
          {
            data: bars.map(({ value }) => value),
            backgroundColor: bars.map(({ id }) => colours.runtime(id)),
            barPercentage: 0.7,
            categoryPercentage: 1,
            minBarLength: 2,
          },
        ],
      },
      options: {
        indexAxis: 'y',
        // Room for the numbers.
        layout: { padding: { right: 80 } },
        scales: {
          // Bars begin at zero.
          x: { display: false, min: 0, max: most },
          y: { grid: { display: false }, border: { display: false }, ticks: { color: colours.ink, crossAlign: 'far' } },
        },
        plugins: { tooltip: { callbacks: { label: ({ dataIndex }) => spreadWords(bars[dataIndex], format) } } },
      },
      plugins: [numbers(bars, format, colours)],
    };
    return config as ChartConfiguration;
  });
}

function spreadWords(bar: Bar | undefined, format: (value: number) => string): string {
  if (!bar) return '';
  const spread = bar.spread ? `, p10 ${format(bar.spread[0])}, p90 ${format(bar.spread[1])}` : '';
  return `${format(bar.value)}${spread}`;
}

const inWords = (bars: readonly Bar[], format: (value: number) => string) =>
  `${bars.map(({ id, value }) => `${RUNTIMES[id].name} ${format(value)}`).join(', ')}.`;

/** Warm time, first result and download of each runtime, if known. */
export function barCharts(table: Table, results: readonly RuntimeResult[]): HTMLElement[] {
  const charts: HTMLElement[] = [];
  const add = (title: string, bars: Bar[], format: (value: number) => string) => {
    if (bars.length > 0) charts.push(barChart(title, inWords(bars, format), bars, format));
  };
  const warm = results.flatMap((result): Bar[] => {
    const summary = warmOf(result);
    return summary ? [{ id: result.id, value: summary.median, spread: [summary.p10, summary.p90] }] : [];
  });
  add(`Warm inference, ${table.model}`, warm, milliseconds);
  const first = results.flatMap((result): Bar[] => {
    const value = firstResultOf(result);
    return value === undefined ? [] : [{ id: result.id, value }];
  });
  add('Load + first result', first, milliseconds);
  add(
    'Download, gzip',
    results.flatMap(({ id, download }): Bar[] => (download ? [{ id, value: download.gzip }] : [])),
    bytes,
  );
  return charts;
}
