/** A plan as text: its dispatches in order, what each reads and writes, and where that is in memory. */

import type { Step } from '../kernels/lib/step.ts';
import { columns } from '../util/text-columns.ts';
import type { Plan } from './types.ts';

const HEADS = ['#', 'layer', 'computes', 'kernel', 'output', 'workgroups', 'KiB read', 'KiB written', 'MMACs', 'reads from', 'writes to'];
const NUMBERS = new Set([0, 6, 7, 8]);

/** A table of the dispatches, and the memory. Sizes are those of the bound ranges, weights included. */
export function formatPlan(plan: Plan): string {
  const { steps, derived, weights, arena, precision } = plan;
  const rows = steps.map((step, i) => [String(i), step.layer, computed(step), ...dispatchCells(plan, step)]);
  const lines = columns([HEADS, ...rows], (column) => NUMBERS.has(column));
  const sum = (bytes: readonly { byteLength: number }[]) => mebibytes(bytes.reduce((all, { byteLength }) => all + byteLength, 0));
  const macs = steps.reduce((all, step) => all + step.macs, 0);
  lines.push('', `${steps.length} dispatches in ${precision}, ${(macs / 1e9).toFixed(3)} GMACs`);
  lines.push(`weights  ${sum(weights)} MiB${derived.length > 0 ? `, ${sum(derived)} MiB derived from them when the plan is made:` : ''}`);
  for (const { layer, dispatch, byteLength } of derived) {
    lines.push(`  ${layer}  ${dispatch.kernel} ${dispatch.variant}  ${dispatch.workgroups.join('x')}  ${mebibytes(byteLength)} MiB`);
  }
  lines.push(`arena    ${mebibytes(arena.reduce((all, bytes) => all + bytes, 0))} MiB in ${arena.length} buffers:`);
  arena.forEach((bytes, i) => {
    const inside = plan.tensors.filter(({ storage }) => storage.pool === 'arena' && storage.index === i).length;
    lines.push(`  arena ${i}  ${bytes} bytes, ${inside} values by turns`);
  });
  return lines.join('\n');
}

/** The nodes that the step computes, by the last parts of their names. */
function computed({ nodes }: Step): string {
  return nodes.map((name) => name.slice(name.lastIndexOf('.') + 1)).join(' + ');
}

function dispatchCells(plan: Plan, { dispatch, operands, macs }: Step): string[] {
  const bytes = { read: 0, write: 0 };
  const places: Record<'read' | 'write', string[]> = { read: [], write: [] };
  let shape: readonly number[] = [];
  const bound = new Set<string>();
  operands.forEach((operand, i) => {
    const access = dispatch.bindings[i] === 'write' ? 'write' : 'read';
    const tensor = operand.kind === 'tensor' ? plan.tensors[operand.tensor] : undefined;
    if (tensor && access === 'write') shape = tensor.shape;
    const key = JSON.stringify([operand, access]);
    // A buffer that fills an unused binding is bound twice.
    if (bound.has(key)) return;
    bound.add(key);
    if (tensor) {
      const { pool, index, byteOffset, byteLength } = tensor.storage;
      bytes[access] += byteLength;
      places[access].push(`${pool} ${index} @${byteOffset}`);
    } else if (operand.kind === 'weights') bytes[access] += plan.weights[operand.weights]?.byteLength ?? 0;
    else if (operand.kind === 'derived') bytes[access] += plan.derived[operand.derived]?.byteLength ?? 0;
  });
  return [
    `${dispatch.kernel} ${dispatch.variant}`,
    shape.join('x'),
    dispatch.workgroups.join('x'),
    (bytes.read / 1024).toFixed(1),
    (bytes.write / 1024).toFixed(1),
    macs ? (macs / 1e6).toFixed(2) : '',
    places.read.join(', '),
    places.write.join(', '),
  ];
}

function mebibytes(bytes: number): string {
  return (bytes / 2 ** 20).toFixed(2);
}
