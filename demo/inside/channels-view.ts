/** The channels of a layer as a grid of grey tiles, with their scale. */
import type { Tensor } from '../library.ts';
import { announce, make } from '../view/dom.ts';
import { reveal } from '../view/reveal.ts';
import { channelPixels, scaleOf, shortNumber } from './channels.ts';

/** Tiles at a time, because each one is a canvas. */
const PAGE = 64;

export class ChannelsView {
  readonly element = make('div', 'channels');

  constructor() {
    this.element.tabIndex = -1;
    this.element.setAttribute('role', 'group');
    this.element.hidden = true;
  }

  clear(): void {
    this.element.hidden = true;
    this.element.replaceChildren();
  }

  wait(layer: string): void {
    this.element.hidden = false;
    this.element.replaceChildren(make('p', 'muted small', `Running the network up to ${layer} …`));
  }

  show(layer: string, photo: string, tensor: Tensor): void {
    const [, count = 0, h = 1, w = 1] = tensor.shape;
    const scale = scaleOf(tensor);
    const words = `${count} channels of ${layer} for ${photo}, ${w} × ${h} values each`;
    const ends = [scale.low, scale.high].map((value) => make('span', 'number', shortNumber(value)));
    const ramp = make('span', 'ramp');
    const legend = make(
      'p',
      'channels-scale small',
      ...(ends[0] ? [ends[0]] : []),
      ramp,
      ...(ends[1] ? [ends[1]] : []),
      make('span', 'muted', 'one scale for all'),
    );
    const tiles = make('div', 'tiles');
    tiles.setAttribute('role', 'img');
    tiles.ariaLabel = `${words}: black is ${shortNumber(scale.low)}, white ${shortNumber(scale.high)}`;
    const more = make('button', 'button quiet small', '');
    more.type = 'button';
    const addPage = () => {
      const from = tiles.children.length;
      for (let channel = from; channel < Math.min(count, from + PAGE); channel++) {
        const canvas = make('canvas', 'pixels tile');
        canvas.width = w;
        canvas.height = h;
        canvas.title = `Channel ${channel}`;
        canvas.getContext('2d')?.putImageData(new ImageData(channelPixels(tensor, channel, scale), w, h), 0, 0);
        tiles.append(canvas);
      }
      const left = count - tiles.children.length;
      more.hidden = left === 0;
      more.textContent = `Show ${Math.min(left, PAGE)} more of ${left}`;
    };
    more.addEventListener('click', addPage);
    addPage();
    this.element.hidden = false;
    this.element.ariaLabel = words;
    this.element.replaceChildren(make('h3', 'block-title', layer), make('p', 'muted small', words), legend, tiles, more);
    announce(words);
    reveal(this.element);
  }
}
