import type { Graph } from './types.ts';

/** A fixed-width table of the layers, totals last. */
export function formatGraph(graph: Graph): string {
  const rows = graph.nodes.map((node) => [
    node.name,
    node.op,
    node.shape.join('x'),
    node.parameters ? String(node.parameters) : '',
    node.macs ? (node.macs / 1e6).toFixed(2) : '',
  ]);
  const table = [['layer', 'operation', 'output', 'parameters', 'MMACs'], ...rows];
  const widths = [0, 1, 2, 3, 4].map((column) => Math.max(...table.map((row) => row[column]?.length ?? 0)));
  const lines = table.map((row) =>
    row
      .map((cell, column) => (column < 3 ? cell.padEnd(widths[column] ?? 0) : cell.padStart(widths[column] ?? 0)))
      .join('  ')
      .trimEnd(),
  );
  lines.splice(1, 0, widths.map((width) => '-'.repeat(width)).join('  '));
  lines.push('', `${graph.nodes.length} nodes, ${graph.parameters} parameters, ${(graph.macs / 1e9).toFixed(3)} GMACs`);
  return lines.join('\n');
}
