export { barCharts } from './bars.ts';
export { dropCharts, recolourCharts } from './chart.ts';
export { layersChart, rooflineChart } from './inside.ts';
