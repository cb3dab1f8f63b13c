/** Chart.js with the page's colours. Fetched when there is something to draw. */
import {
  BarController,
  BarElement,
  CategoryScale,
  Chart,
  type ChartConfiguration,
  LinearScale,
  LineElement,
  LogarithmicScale,
  PointElement,
  ScatterController,
  Tooltip,
} from 'chart.js';
import type { RuntimeId } from '../../bench/runtimes.ts';
import { make } from '../../view/dom.ts';

Chart.register(
  BarController,
  BarElement,
  CategoryScale,
  LinearScale,
  LineElement,
  LogarithmicScale,
  PointElement,
  ScatterController,
  Tooltip,
);

export interface Palette {
  ink: string;
  sheet: string;
  muted: string;
  line: string;
  fill: string;
  quiet: string;
  font: string;
  runtime(id: RuntimeId): string;
}

function palette(): Palette {
  const style = getComputedStyle(document.documentElement);
  const of = (name: string) => style.getPropertyValue(name).trim();
  return {
    ink: of('--ink'),
    sheet: of('--sheet'),
    muted: of('--muted'),
    line: of('--line'),
    fill: of('--fill'),
    quiet: of('--fill-quiet'),
    font: of('--mono'),
    runtime: (id) => of(`--of-${id}`),
  };
}

const drawn = new Map<HTMLElement, { chart: Chart; config: (colours: Palette) => ChartConfiguration }>();
const reducedMotion = matchMedia('(prefers-reduced-motion: reduce)');

function draw(whole: HTMLElement, canvas: HTMLCanvasElement, config: (colours: Palette) => ChartConfiguration): void {
  const colours = palette();
  Object.assign(Chart.defaults.font, { family: colours.font, size: 11 });
  Chart.defaults.color = colours.muted;
  const { options, ...rest } = config(colours);
  const { tooltip, ...plugins } = options?.plugins ?? {};
  const chart = new Chart(canvas, {
    ...rest,
    options: {
      animation: reducedMotion.matches ? false : { duration: 250 },
      responsive: true,
      maintainAspectRatio: false,
      ...options,
      plugins: {
        ...plugins,
        tooltip: {
          backgroundColor: colours.ink,
          titleColor: colours.sheet,
          bodyColor: colours.sheet,
          displayColors: false,
          padding: 8,
          cornerRadius: 4,
          ...tooltip,
        },
      },
    },
  });
  drawn.set(whole, { chart, config });
}

/** A picture, and a caption with the same content in words. Chart.js measures its surroundings, so it draws after these are in the page. */
export function chartFigure(
  title: string,
  words: string,
  className: string,
  config: (colours: Palette) => ChartConfiguration,
): HTMLElement {
  const canvas = make('canvas', '');
  canvas.role = 'img';
  canvas.ariaLabel = `${title}. ${words}`;
  // The numbers are next to the bars.
  const caption = make('figcaption', '', make('strong', '', title), className.startsWith('bars') ? '' : ` ${words}`);
  const whole = make('figure', `figure-box ${className}`, caption, make('div', 'chart', canvas));
  requestAnimationFrame(() => whole.isConnected && draw(whole, canvas, config));
  return whole;
}

/** Removes charts that are no longer in the page. */
export function dropCharts(): void {
  for (const [whole, { chart }] of drawn) {
    if (whole.isConnected) continue;
    chart.destroy();
    drawn.delete(whole);
  }
}

/** Redraws all charts in the colours of the current theme. */
export function recolourCharts(): void {
  for (const [whole, { chart, config }] of [...drawn]) {
    const { canvas } = chart;
    chart.destroy();
    draw(whole, canvas, config);
  }
}
