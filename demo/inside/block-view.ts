/** The layers of one block: what each does, its output and cost, and a button to look at it. */
import type { GraphNode } from '../../src/index.ts';
import { make } from '../view/dom.ts';
import { type Block, operationText, shapeText, type Times } from './diagram.ts';
import { count, microseconds } from './words.ts';

const HEADS = ['Layer', 'What it does', 'Gives', 'Multiply-adds', 'Kernel', 'Time'];

export class BlockView {
  readonly element = make('div', 'block-view');
  private readonly look: (name: string) => void;

  /** @param look requests the channels of a layer */
  constructor(look: (name: string) => void) {
    this.look = look;
  }

  /** @param times if they were measured */
  show(block: Block, times: Times | undefined): void {
    const heads = times ? HEADS : HEADS.slice(0, 4);
    const head = make('tr', '', ...heads.map((text) => cell('th', text, 'col')));
    const rows = block.nodes.map((node) => this.rowOf(node, block, times));
    const table = make('table', 'layers', make('thead', '', head), make('tbody', '', ...rows));
    const scroller = make('div', 'layers-scroller', table);
    scroller.tabIndex = 0;
    scroller.setAttribute('role', 'region');
    scroller.ariaLabel = `Layers of ${block.title}`;
    const facts = `${block.id}, ${count(block.parameters)} parameters, ${count(block.macs)} multiply-adds. Press a layer to see what it makes of the photo in view.`;
    this.element.replaceChildren(make('h3', 'block-title', block.title), make('p', 'muted small', facts), scroller);
  }

  private rowOf(node: GraphNode, { id }: Block, times: Times | undefined): HTMLElement {
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
    if (times) {
      const time = times.layers.get(node.name);
      const host = times.joined.get(node.name);
      // Slices and similar are no work.
      const kernel = time?.kernel ?? (host === undefined ? '–' : `joins ${shortName(host)}`);
      row.append(cell('td', kernel), cell('td', time ? microseconds(time.us) : '–'));
    }
    return row;
  }
}

const shortName = (name: string) => name.split('.').slice(2).join('.') || name;

/** Whether there is more than one pixel to look at. */
function isMap({ shape: [, , h = 1, w = 1] }: GraphNode): boolean {
  return h * w > 1;
}

function cell(tag: 'th' | 'td', text: string, scope?: string): HTMLTableCellElement {
  const made = make(tag, '', text);
  if (scope) made.scope = scope;
  return made;
}
