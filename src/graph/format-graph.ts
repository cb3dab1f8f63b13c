import { columns } from '../util/text-columns.ts';
import type { Graph } from './types.ts';

/** A table of the layers with aligned columns, totals last. */
export function formatGraph(graph: Graph): string {
  const rows = graph.nodes.map((node) => [
    node.name,
    node.op,
    node.shape.join('x'),
    node.parameters ? String(node.parameters) : '',
    node.macs ? (node.macs / 1e6).toFixed(2) : '',
  ]);
  const lines = columns([['layer', 'operation', 'output', 'parameters', 'MMACs'], ...rows], (column) => column >= 3);
  lines.push('', `${graph.nodes.length} nodes, ${graph.parameters} parameters, ${(graph.macs / 1e9).toFixed(3)} GMACs`);
  return lines.join('\n');
}
