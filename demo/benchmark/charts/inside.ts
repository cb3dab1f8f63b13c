/** Charts about the inside of this library: the roofline, and the time of each layer. */
import type { ChartConfiguration } from 'chart.js';
import { digits } from '../../bench/format.ts';
import type { Peaks } from '../../bench/peaks/peaks.ts';
import type { Table } from '../../bench/report.ts';
import { layerDots, networkDots, roofLine } from '../roofline.ts';
import { chartFigure } from './chart.ts';

/** Only powers of ten, or there would be too many lines. */
const decades = (value: number | string) => (Math.log10(Number(value)) % 1 === 0 ? String(value) : '');

export function rooflineChart(table: Table, peaks: Peaks): HTMLElement | undefined {
  const [layers, networks] = [layerDots(table, peaks), networkDots(table)];
  if (layers.length === 0) return undefined;
  const xs = [...layers, ...networks].map(({ x }) => x);
  const [from, to] = [Math.min(0.25, ...xs) / 1.5, Math.max(peaks.gflops / peaks.gigabytesPerSecond, ...xs) * 3];
  const lowest = Math.min(...[...layers, ...networks].map(({ y }) => y)) / 2;
  const words = `Operations a second over operations a byte. The line is what this adapter reached in a copy and in a multiply-add kernel: ${digits(
    peaks.gigabytesPerSecond,
  )} GB/s, ${digits(peaks.gflops)} GFLOP/s. Dots: layers of resnet-webgpu; triangles: whole networks.`;
  return chartFigure('Roofline', words, 'roofline', (colours) => {
    const all = [...layers, ...networks];
    const config: ChartConfiguration<'scatter'> = {
      type: 'scatter',
      data: {
        datasets: [
          {
            data: layers,
            pointRadius: 3.5,
            pointHoverRadius: 6,
            backgroundColor: `${colours.runtime('ours')}b0`,
            borderWidth: 0,
          },
          {
            data: networks,
            pointStyle: 'triangle',
            pointRadius: 9,
            pointHoverRadius: 11,
            backgroundColor: networks.map(({ id }) => colours.runtime(id)),
            borderColor: colours.sheet,
            borderWidth: 1.5,
          },
          {
            data: roofLine(peaks, from, to),
            showLine: true,
            pointRadius: 0,
            pointHitRadius: 0,
            borderColor: colours.ink,
            borderWidth: 1.5,
          },
        ],
      },
      options: {
        scales: {
          x: {
            type: 'logarithmic',
            min: from,
            max: to,
            title: { display: true, text: 'operations a byte' },
            grid: { color: colours.line },
            ticks: { callback: decades, maxRotation: 0, autoSkip: false },
          },
          y: {
            type: 'logarithmic',
            min: lowest,
            max: peaks.gflops * 2,
            title: { display: true, text: 'GFLOP/s' },
            grid: { color: colours.line },
            ticks: { callback: decades, autoSkip: false },
          },
        },
        plugins: {
          tooltip: { callbacks: { label: ({ datasetIndex, dataIndex }) => all[datasetIndex * layers.length + dataIndex]?.label ?? '' } },
        },
      },
    };
    return config as ChartConfiguration;
  });
}

export function layersChart({ layers: profile, model }: Table): HTMLElement | undefined {
  const layers = profile?.layers ?? [];
  if (layers.length === 0) return undefined;
  const total = layers.reduce((sum, { us }) => sum + us, 0);
  const [slowest] = [...layers].sort((a, b) => b.us - a.us);
  const words = `${layers.length} dispatches, together ${digits(total / 1000)} ms${profile?.estimated ? ' of wall time, since there are no timestamps' : ' by timestamps'}; the slowest is ${slowest?.name}, ${digits((slowest?.us ?? 0) / 1000)} ms.`;
  return chartFigure(`Layers of ${model} in resnet-webgpu`, words, 'layers', (colours) => {
    const config: ChartConfiguration<'bar'> = {
      type: 'bar',
      data: {
        labels: layers.map(({ name }) => name),
        datasets: [
          {
            data: layers.map(({ us }) => us / 1000),
            backgroundColor: layers.map(({ macs }) => (macs > 0 ? colours.fill : colours.quiet)),
            barPercentage: 0.9,
            categoryPercentage: 1,
          },
        ],
      },
      options: {
        scales: {
          x: { grid: { display: false }, ticks: { maxRotation: 60, minRotation: 60, autoSkip: true, autoSkipPadding: 6 } },
          y: { title: { display: true, text: 'ms' }, grid: { color: colours.line }, beginAtZero: true },
        },
        plugins: {
          tooltip: {
            callbacks: {
              label: ({ dataIndex }) => {
                const layer = layers[dataIndex];
                if (!layer) return '';
                const rate = layer.macs > 0 && layer.us > 0 ? `, ${digits((2 * layer.macs) / layer.us / 1000)} GFLOP/s` : '';
                return `${digits(layer.us / 1000)} ms, ${layer.kernel} ${layer.variant}${rate}`;
              },
            },
          },
        },
      },
    };
    return config as ChartConfiguration;
  });
}
