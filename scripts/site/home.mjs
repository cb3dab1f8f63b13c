// Makes the site's first page from the README.

/**
 * @param {string} readme with the site's links
 * @param {string} [demo] address of the demo, if it is published next to the site
 */
export function homePage(readme, demo) {
  const [, name, tagline] = part(/^# (.*)\n+([^\n]+)/, readme, 'a title and a line on what it is');
  const [install] = part(/```sh\n(?:npm install resnet-webgpu)\n```/, readme, 'how to install it');
  const [example] = part(/```ts[\s\S]*?```/, readme, 'a first example');
  const [, after] = part(/```ts[\s\S]*?```\s+([^\n]+)/, readme, 'a line after its first example');
  const [, rows = ''] = part(/## What it is\n+\| \| \|\n\| --- \| --- \|\n((?:\|.*\n)+)/, readme, 'the table "What it is"');
  const features = rows.trimEnd().split('\n').map(cells);
  const picture = /<img[\s\S]*dark-only[^>]*>/.exec(readme)?.[0] ?? '';
  const actions = [
    { theme: 'brand', text: 'Guide', link: '/guide' },
    { theme: 'alt', text: 'Recipes', link: '/recipes/' },
    { theme: 'alt', text: 'API', link: '/api/' },
    ...(demo ? [{ theme: 'alt', text: 'Demo', link: demo }] : []),
  ];
  const front = {
    layout: 'home',
    title: name,
    titleTemplate: 'PyTorch checkpoints on WebGPU',
    description: tagline,
    hero: { name, tagline: `${tagline} ${after}`, actions },
    points: features.map(([title = '', details = '']) => ({ title: title.replaceAll('**', ''), details: inlineHtml(details) })),
  };
  // JSON is YAML.
  const parts = ['<div class="vp-doc first-page">', install, example, '<VPFeatures :features="$frontmatter.points" />', picture, '</div>'];
  return `---\n${JSON.stringify(front, null, 2)}\n---\n\n${parts.join('\n\n')}\n`;
}

/** @param {RegExp} pattern @param {string} readme @param {string} what */
function part(pattern, readme, what) {
  const found = pattern.exec(readme);
  if (!found) throw new Error(`README.md lacks ${what}, which the site's first page takes from it (scripts/site/home.mjs).`);
  return found;
}

/** @param {string} row of a table */
function cells(row) {
  return row
    .slice(1, -1)
    .split(/(?<!\\)\|/)
    .map((cell) => cell.trim());
}

/** @param {string} markdown of a cell: code and links */
function inlineHtml(markdown) {
  return markdown
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replace(/\[([^[\]]*)\]\([^)]*\)/g, '$1')
    .replace(/`([^`]*)`/g, '<code>$1</code>')
    .replace(/\*([^*]+)\*/g, '<em>$1</em>');
}
