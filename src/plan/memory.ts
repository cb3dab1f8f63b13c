/**
 * Places blocks of memory with known lifetimes in a few buffers. Blocks that are alive at the same time never overlap.
 *
 * In WebGPU a dispatch must not bind one buffer both read-only and writable, whatever the ranges. So blocks that a dispatch
 * reads and writes must be in different buffers: a graph colouring in addition to the assignment of offsets. For chains of
 * convolutions, placing the largest first needs a few percent more than the largest sum of blocks alive at the same time.
 */

export interface Block {
  bytes: number;
  /** First and last step that touch the block, inclusive. */
  first: number;
  last: number;
  /** Blocks that must not share a buffer with this one. */
  apart: ReadonlySet<number>;
}

export interface Placement {
  buffer: number;
  byteOffset: number;
}

export interface MemoryLayout {
  placements: Placement[];
  /** Bytes of each buffer. */
  buffers: number[];
}

/** minStorageBufferOffsetAlignment, which every device supports. */
export const BUFFER_ALIGNMENT = 256;

export function align(bytes: number, to = BUFFER_ALIGNMENT): number {
  return Math.ceil(bytes / to) * to;
}

interface Buffer {
  bytes: number;
  members: number[];
}

/** Orders of placement. None is best for all networks, and each costs little to try. */
const ORDERS: readonly ((block: Block) => number)[] = [
  ({ bytes }) => -bytes,
  ({ bytes, first, last }) => -bytes * (last - first + 1),
  ({ bytes, apart }) => -bytes * apart.size,
  ({ first }) => first,
];

export function placeBlocks(blocks: readonly Block[], maxBufferBytes: number): MemoryLayout {
  const layouts = ORDERS.map((rank) => placeInOrder(blocks, maxBufferBytes, rank));
  const total = ({ buffers }: MemoryLayout) => buffers.reduce((sum, bytes) => sum + bytes, 0);
  return layouts.reduce((best, layout) => (total(layout) < total(best) ? layout : best));
}

function placeInOrder(blocks: readonly Block[], maxBufferBytes: number, rank: (block: Block) => number): MemoryLayout {
  const buffers: Buffer[] = [];
  const placements: Placement[] = blocks.map(() => ({ buffer: 0, byteOffset: 0 }));
  const order = blocks.map((block, index) => ({ block, index, rank: rank(block) })).sort((a, b) => a.rank - b.rank || a.index - b.index);
  for (const { block, index } of order) {
    let best: { buffer: number; byteOffset: number; growth: number } | undefined;
    buffers.forEach((buffer, b) => {
      if (buffer.members.some((member) => block.apart.has(member))) return;
      const byteOffset = lowestGap(block, buffer.members, blocks, placements);
      if (byteOffset + block.bytes > maxBufferBytes) return;
      const growth = Math.max(0, byteOffset + block.bytes - buffer.bytes);
      if (!best || growth < best.growth) best = { buffer: b, byteOffset, growth };
    });
    best ??= { buffer: buffers.push({ bytes: 0, members: [] }) - 1, byteOffset: 0, growth: block.bytes };
    const chosen = buffers[best.buffer];
    if (!chosen) continue;
    chosen.members.push(index);
    chosen.bytes = Math.max(chosen.bytes, best.byteOffset + block.bytes);
    placements[index] = { buffer: best.buffer, byteOffset: best.byteOffset };
  }
  return { placements, buffers: buffers.map(({ bytes }) => align(bytes)) };
}

/** Lowest offset at which the block fits between the members that are alive at the same time. */
function lowestGap(block: Block, members: readonly number[], blocks: readonly Block[], placements: readonly Placement[]): number {
  const taken: [number, number][] = [];
  for (const member of members) {
    const other = blocks[member];
    const at = placements[member];
    if (other && at && other.first <= block.last && block.first <= other.last) taken.push([at.byteOffset, at.byteOffset + other.bytes]);
  }
  taken.sort(([a], [b]) => a - b);
  let offset = 0;
  for (const [from, to] of taken) {
    if (offset + block.bytes <= from) break;
    offset = Math.max(offset, align(to));
  }
  return offset;
}
