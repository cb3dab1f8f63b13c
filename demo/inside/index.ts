/** "Inside the network": its stages and blocks, the layers of a chosen block with their times, and a layer's output for the current photo. */
import type { Model } from '../library.ts';
import { problemOf } from '../logic/problem.ts';
import { announce, make } from '../view/dom.ts';
import { showProblem } from '../view/notice.ts';
import { BlockView } from './block-view.ts';
import { ChannelsView } from './channels-view.ts';
import { type Block, diagramOf, type Row, shapeText, type Times, timesOf } from './diagram.ts';
import { count, microseconds } from './words.ts';

export interface Picture {
  name: string;
  blob(): Promise<Blob>;
}

/** @param picture the current photo, when a layer is selected */
export function showInside(panel: HTMLElement, model: Model, picture: () => Picture): void {
  const title = panel.querySelector('h2');
  panel.replaceChildren(...(title ? [title] : []), ...new Inside(model, picture).elements);
  panel.hidden = false;
}

class Inside {
  readonly elements: HTMLElement[];
  private readonly model: Model;
  private readonly picture: () => Picture;
  private readonly notice = make('div', 'notice-slot');
  private readonly block: BlockView;
  private readonly channels = new ChannelsView();
  private readonly buttons = new Map<Block, HTMLButtonElement>();
  private readonly measure = make('button', 'button', 'Measure each layer');
  private readonly total = make('p', 'muted small inside-total', 'The bars are multiply-adds.');
  private times: Times | undefined;
  private chosen: Block | undefined;

  constructor(model: Model, picture: () => Picture) {
    this.model = model;
    this.picture = picture;
    this.block = new BlockView((name) => this.showChannels(name));
    const rows = diagramOf(model.graph());
    this.measure.type = 'button';
    this.measure.addEventListener('click', () => this.profile());
    const list = make('ol', 'stages', ...rows.map((row) => this.rowOf(row)));
    list.setAttribute('aria-label', 'Stages and blocks');
    const under = make('div', 'inside-under', this.measure, this.total);
    this.elements = [list, under, this.notice, this.block.element, this.channels.element];
    this.showShares();
    const first = rows.find(({ title }) => title.startsWith('Stage'))?.blocks[0] ?? rows[0]?.blocks[0];
    if (first) this.choose(first, false);
  }

  private rowOf({ title, blocks }: Row): HTMLLIElement {
    const { shape } = blocks.at(-1) ?? { shape: [] };
    const head = make('p', 'stage-head', make('strong', '', title), make('span', 'muted number', shapeText(shape)));
    const buttons = blocks.map((block, i) => {
      const button = make(
        'button',
        'block',
        make('span', 'block-number', blocks.length === 1 ? title : String(i + 1)),
        make('span', 'block-fill'),
      );
      button.type = 'button';
      button.ariaPressed = 'false';
      button.addEventListener('click', () => this.choose(block, true));
      this.buttons.set(block, button);
      return button;
    });
    return make('li', 'stage-row', head, make('div', 'blocks', ...buttons));
  }

  /** The bars: time if it was measured, otherwise multiply-adds. */
  private showShares(): void {
    const cost = (block: Block) => (this.times ? (timeOf(block, this.times) ?? 0) : block.macs);
    const most = Math.max(1e-9, ...[...this.buttons.keys()].map(cost));
    for (const [block, button] of this.buttons) {
      const fill = button.querySelector<HTMLElement>('.block-fill');
      if (fill) fill.style.transform = `scaleX(${cost(block) / most})`;
      const time = this.times && timeOf(block, this.times);
      const costs = [`${count(block.macs)} multiply-adds`, ...(time === undefined ? [] : [microseconds(time)])];
      button.ariaLabel = `${block.title}: ${costs.join(', ')}`;
      button.title = button.ariaLabel;
    }
  }

  private choose(block: Block, aloud: boolean): void {
    this.chosen = block;
    for (const [one, button] of this.buttons) button.ariaPressed = String(one === block);
    this.block.show(block, this.times);
    this.channels.clear();
    if (aloud) announce(`${block.title}: ${block.nodes.length} layers`);
  }

  private async profile(): Promise<void> {
    this.measure.disabled = true;
    this.measure.textContent = 'Measuring …';
    this.notice.replaceChildren();
    try {
      const { layers, totalUs, estimated } = await this.model.profile();
      this.times = timesOf(layers);
      this.total.textContent = `${microseconds(totalUs)} in all; the bars are time.${estimated ? ' This GPU has no clock for single layers: wall time stands in.' : ''}`;
      this.showShares();
      if (this.chosen) this.block.show(this.chosen, this.times);
      announce(this.total.textContent);
    } catch (error) {
      // Another network has taken over.
      if (problemOf(error).code !== 'disposed') showProblem(this.notice, problemOf(error));
    } finally {
      this.measure.disabled = false;
      this.measure.textContent = this.times ? 'Measure again' : 'Measure each layer';
    }
  }

  private async showChannels(name: string): Promise<void> {
    const { model } = this;
    const { name: photo, blob } = this.picture();
    this.notice.replaceChildren();
    this.channels.wait(name);
    try {
      const input = await model.preprocess(await blob());
      const { layers } = await model.run(input, { layers: [name], logits: false, features: false });
      const value = layers?.[name];
      if (value) this.channels.show(name, photo, value);
    } catch (error) {
      this.channels.clear();
      if (problemOf(error).code !== 'disposed') showProblem(this.notice, problemOf(error));
    }
  }
}

function timeOf({ nodes }: Block, times: Times): number | undefined {
  return nodes.reduce((sum, { name }) => sum + (times.layers.get(name)?.us ?? 0), 0);
}
