/** The memory plan as a picture: time to the right, addresses downwards, one block for each tensor. */
import { bytes } from '../bench/format.ts';
import type { MemoryMap } from '../bench/prepare/describe.ts';
import { make } from '../view/dom.ts';

const SVG = 'http://www.w3.org/2000/svg';
const [WIDTH, HEIGHT, GAP] = [1000, 320, 6];

function svg(name: string, attributes: Record<string, string | number>, ...children: Node[]): SVGElement {
  const node = document.createElementNS(SVG, name);
  for (const [key, value] of Object.entries(attributes)) node.setAttribute(key, String(value));
  node.append(...children);
  return node;
}

export function memoryView(memory: MemoryMap): HTMLElement {
  const total = memory.buffers.reduce((sum, size) => sum + size, 0);
  const scale = (HEIGHT - GAP * (memory.buffers.length - 1)) / Math.max(1, total);
  const tops: number[] = [];
  let top = 0;
  for (const size of memory.buffers) {
    tops.push(top);
    top += size * scale + GAP;
  }
  const step = WIDTH / Math.max(1, memory.steps);
  const wells = memory.buffers.map((size, i) => svg('rect', { class: 'well', x: 0, y: tops[i] ?? 0, width: WIDTH, height: size * scale }));
  const blocks = memory.blocks.map(({ name, buffer, offset, bytes: size, first, last }, i) => {
    const title = svg('title', {});
    title.textContent = `${name}: ${bytes(size)}, steps ${first + 1} to ${last + 1}`;
    const place = { x: first * step, y: (tops[buffer] ?? 0) + offset * scale, width: Math.max(1, (last - first + 1) * step - 1) };
    return svg('rect', { class: `block tone${i % 3}`, ...place, height: Math.max(0.75, size * scale - 0.75) }, title);
  });
  const picture = svg('svg', { viewBox: `0 0 ${WIDTH} ${HEIGHT}`, preserveAspectRatio: 'none', role: 'img' }, ...wells, ...blocks);
  const words = `${memory.buffers.length} buffers with together ${bytes(total)} hold all activations; the most in use at any time is ${bytes(memory.liveBytes)}. Weights take ${bytes(memory.weightBytes)}.`;
  picture.setAttribute('aria-label', words);
  const figure = make('figure', 'figure-box memory');
  figure.append(make('figcaption', '', make('strong', '', 'Memory plan'), ` ${words}`), picture);
  const axis = make('p', 'axis muted', make('span', '', 'first dispatch'), make('span', '', `dispatch ${memory.steps}`));
  figure.append(axis);
  return figure;
}
