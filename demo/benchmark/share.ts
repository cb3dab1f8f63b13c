/** Reports to copy, save and link to. */
import { toMarkdown } from '../bench/markdown.ts';
import type { Report } from '../bench/report.ts';
import { announce, element, make } from '../view/dom.ts';

const hint = element('share-hint', HTMLParagraphElement);

export function setUpShare(current: () => Report | undefined, pack: (report: Report) => Promise<string>): void {
  const onClick = (id: string, what: string, text: (report: Report) => Promise<string> | string) => {
    const button = element(id, HTMLButtonElement);
    button.addEventListener('click', async () => {
      const report = current();
      if (report) await copy(await text(report), what);
    });
  };
  onClick('copy-link', 'The link', async (report) => {
    const link = `${location.href.split('#')[0]}#${await pack(report)}`;
    history.replaceState(null, '', link);
    return link;
  });
  onClick('copy-markdown', 'The Markdown', toMarkdown);
  onClick('copy-json', 'The JSON', (report) => JSON.stringify(report, null, 1));
  element('save-json', HTMLButtonElement).addEventListener('click', () => {
    const report = current();
    if (report) save(report);
  });
}

async function copy(text: string, what: string): Promise<void> {
  try {
    await navigator.clipboard.writeText(text);
    say(`${what} is on the clipboard: ${text.length.toLocaleString('en')} characters.`);
  } catch {
    say(`${what} could not be copied: the browser refuses the clipboard. Save the JSON instead, or copy the address.`);
  }
}

function save(report: Report): void {
  const link = make('a', '');
  const url = URL.createObjectURL(new Blob([JSON.stringify(report, null, 1)], { type: 'application/json' }));
  link.href = url;
  link.download = `resnet-webgpu-bench-${report.environment.date.slice(0, 16).replaceAll(':', '')}.json`;
  link.click();
  setTimeout(() => URL.revokeObjectURL(url), 10_000);
  say(`Saved as ${link.download}.`);
}

function say(words: string): void {
  hint.textContent = words;
  announce(words);
}
