/** Reports to copy, save and link to. */
import { toCsv } from '../bench/csv.ts';
import { toMarkdown } from '../bench/markdown.ts';
import type { Report } from '../bench/report.ts';
import { issueAddress, REPOSITORY } from '../logic/repository.ts';
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
    if (report) save(JSON.stringify(report, null, 1), 'application/json', nameOf(report, 'json'));
  });
  element('save-csv', HTMLButtonElement).addEventListener('click', () => {
    const report = current();
    // Without a byte order mark, spreadsheets do not recognise UTF-8.
    if (report) save(`\uFEFF${toCsv(report)}`, 'text/csv', nameOf(report, 'csv'));
  });
  const give = element('give-report', HTMLButtonElement);
  give.textContent = REPOSITORY === '' ? 'Copy report' : 'Open an issue with this report';
  give.addEventListener('click', async () => {
    const report = current();
    if (report) await giveBack(report, await pack(report));
  });
}

/** Sends the report to the project: as an issue if the project has a repository. Otherwise, or if it is too long, as text to paste. */
async function giveBack(report: Report, packed: string): Promise<void> {
  const title = `Benchmark: ${report.environment.adapter?.description || report.environment.adapter?.architecture || 'no adapter'}`;
  const body = `${toMarkdown(report)}\n\nThe whole report, for \`npm run reports -- check\`:\n\n\`\`\`\n${packed}\n\`\`\`\n`;
  const address = issueAddress(title, body) ?? issueAddress(title, 'Paste the report here: it is on the clipboard.');
  if (!address?.includes('report%3D')) await copy(body, 'The report');
  if (address) open(address, '_blank', 'noopener');
}

const nameOf = ({ environment }: Report, ending: string) =>
  `resnet-webgpu-bench-${environment.date.slice(0, 16).replaceAll(':', '')}.${ending}`;

async function copy(text: string, what: string): Promise<void> {
  try {
    await navigator.clipboard.writeText(text);
    say(`${what} is on the clipboard: ${text.length.toLocaleString('en')} characters.`);
  } catch {
    say(`${what} could not be copied: the browser refuses the clipboard. Save the JSON instead, or copy the address.`);
  }
}

function save(text: string, type: string, name: string): void {
  const link = make('a', '');
  const url = URL.createObjectURL(new Blob([text], { type }));
  link.href = url;
  link.download = name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(url), 10_000);
  say(`Saved as ${name}.`);
}

function say(words: string): void {
  hint.textContent = words;
  announce(words);
}
