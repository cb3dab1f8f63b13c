/** The layers of one block: what each does, what it gives, what it costs, and a way to look at it. */
import type { GraphNode } from '../../src/index.ts';
import { make } from '../view/dom.ts';
import { type Block, operationText, shapeText, type timesByLayer } from './diagram.ts';
import { count, microseconds } from './words.ts';

type Times = ReturnType<typeof timesByLayer>;

const HEADS = ['Layer', 'What it does', 'Gives', 'Multiply-adds', 'Kernel', 'Time'];

export class BlockView {
  readonly element = make('div', 'block-view');
  private readonly look: (name: string) => void;

  /** @param look asks for the channels of a layer */
  constructor(look: (name: string) => void) {
    this.look = look;
  }

  /** @param times where they were measured */
  show(block: Block, times: Times | undefined): void {
    const heads = times ? HEADS : HEADS.slice(0, 4);
    const head = make('tr', '', ...heads.map((text) => cell('th', text, 'col')));
    let open: GraphNode | undefined;
    const rows = block.nodes.map((node) => {
      const time = times?.get(node.name);
      if (time) open = node;
      return this.rowOf(node, block, times && { time, with: open });
    });
    const table = make('table', 'layers', make('thead', '', head), make('tbody', '', ...rows));
    const scroller = make('div', 'layers-scroller', table);
    scroller.tabIndex = 0;
    scroller.setAttribute('role', 'region');
    scroller.ariaLabel = `Layers of ${block.title}`;
    const facts = `${block.id}, ${count(block.parameters)} parameters, ${count(block.macs)} multiply-adds. Press a layer to see what it makes of the photo in view.`;
    this.element.replaceChildren(make('h3', 'block-title', block.title), make('p', 'muted small', facts), scroller);
  }

  private rowOf(
    node: GraphNode,
    { id }: Block,
    timed: { time?: { us: number; kernel: string }; with?: GraphNode } | undefined,
  ): HTMLElement {
    const name = node.name.startsWith(`${id}.`) ? node.name.slice(id.length + 1) : node.name;
    const first = make('th', '');
    first.scope = 'row';
    if (isMap(node)) {
      const button = make('button', 'layer-name', name);
      button.type = 'button';
      button.title = `Show the channels of ${node.name}`;
      button.addEventListener('click', () => this.look(node.name));
      first.append(button);
    } else first.append(name);
    const row = make(
      'tr',
      '',
      first,
      cell('td', operationText(node)),
      cell('td', shapeText(node.shape)),
      cell('td', node.macs > 0 ? count(node.macs) : '–'),
    );
    if (timed) {
      const { time } = timed;
      const joined = timed.with ? `joins ${shortName(timed.with.name)}` : '–';
      row.append(cell('td', time?.kernel ?? joined), cell('td', time ? microseconds(time.us) : '–'));
    }
    return row;
  }
}

const shortName = (name: string) => name.split('.').slice(2).join('.') || name;

/** Whether there is more than one pixel to see. */
function isMap({ shape: [, , h = 1, w = 1] }: GraphNode): boolean {
  return h * w > 1;
}

function cell(tag: 'th' | 'td', text: string, scope?: string): HTMLTableCellElement {
  const made = make(tag, '', text);
  if (scope) made.scope = scope;
  return made;
}
