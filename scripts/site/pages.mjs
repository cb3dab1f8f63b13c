// Which documents are pages of the site, under which address, and in which order.
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, posix } from 'node:path';
import { linkTargets } from './links.mjs';

/** The side bar: the pages of each group, in reading order. A test finds documents that are in none. */
export const GROUPS = [
  { text: 'Start', files: ['README.md', 'examples/README.md', 'docs/coming-from.md'] },
  {
    text: 'Using it',
    files: ['models', 'heads', 'preprocessing', 'classes', 'convert', 'export', 'cli', 'testing', 'errors'].map(
      (name) => `docs/${name}.md`,
    ),
  },
  { text: 'How fast it is', files: ['docs/performance.md', 'docs/gpus.md', 'docs/experiments.md'] },
  {
    text: 'How it works',
    files: ['docs/one-convolution.md', 'ARCHITECTURE.md', 'shaders/README.md', 'CONTRIBUTING.md', 'SECURITY.md', 'CHANGELOG.md'],
  },
];

/** Titles in the side bar that differ from the document's, because that one says too little or too much there. @type {Record<string, string>} */
const TITLES = { 'README.md': 'Guide', 'examples/README.md': 'Recipes', 'docs/one-convolution.md': 'One convolution' };

/** Pages whose address differs from their file's name. @type {Record<string, string>} */
const ROUTES = { 'README.md': 'guide', 'examples/README.md': 'recipes/index' };

/** A document's address on the site, without `.md`: `docs/errors.md` is `errors`. @param {string} file in the repository */
export function routeOf(file) {
  const name = file
    .replace(/\.md$/, '')
    .replace(/^docs\//, '')
    .replace(/\/README$/, '');
  return ROUTES[file] ?? name.toLowerCase().replaceAll('/', '-');
}

/** All documents of the side bar, those in docs/, and the Markdown files that these link to, directly or indirectly. @param {string} root */
export function documents(root) {
  const queue = [...GROUPS.flatMap(({ files }) => files), ...readdirSync(`${root}/docs`).map((name) => `docs/${name}`)];
  /** @type {Set<string>} */
  const found = new Set();
  for (let file = queue.pop(); file !== undefined; file = queue.pop()) {
    if (!file.endsWith('.md') || found.has(file) || !existsSync(`${root}/${file}`)) continue;
    found.add(file);
    for (const target of linkTargets(readFileSync(`${root}/${file}`, 'utf8')))
      queue.push(posix.join(dirname(file), target.replace(/#.*/, '')));
  }
  return [...found].sort();
}

/** @param {string} root @param {readonly string[]} files of `documents` */
export function sidebar(root, files) {
  return GROUPS.map(({ text, files: listed }) => ({
    text,
    items: listed
      .filter((file) => files.includes(file))
      .map((file) => ({
        text: pageTitle(root, file),
        link: `/${routeOf(file).replace(/index$/, '')}`,
      })),
  }));
}

/** A document's title in the side bar and in links. @param {string} root @param {string} file in the repository */
export function pageTitle(root, file) {
  return TITLES[file] ?? titleOf(readFileSync(`${root}/${file}`, 'utf8'));
}

/** @param {string} text of a page */
export function titleOf(text) {
  return /^# (.*)$/m.exec(text)?.[1] ?? 'Untitled';
}
