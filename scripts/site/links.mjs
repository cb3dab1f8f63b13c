// Adapts links between documents, which are written for the repository, to the site.
import { posix } from 'node:path';

const LINK = /\[([^[\]]*)\]\((?!https?:|mailto:)([^)\s]+)\)/g;
const ATTRIBUTE = /\b(href|src|srcset)="(?!https?:|mailto:|data:)([^"\s]+)"/g;
const FENCE = /^( *)(`{3,})[\s\S]*?^\1\2$/gm;

/** GitHub's anchor of a heading. The site has the same, so that a link works in both places. @param {string} heading */
export function slug(heading) {
  return heading
    .toLowerCase()
    .replace(/[^\p{L}\p{N}\s_-]/gu, '')
    .trim()
    .replaceAll(' ', '-');
}

/** Everything that a page links to outside of code, except other sites. @param {string} text */
export function linkTargets(text) {
  const prose = text.replace(FENCE, '');
  return [...prose.matchAll(LINK), ...prose.matchAll(ATTRIBUTE)]
    .map(([, , target = '']) => target)
    .filter((target) => !target.startsWith('#'));
}

/**
 * @typedef {object} Site
 * @property {(file: string) => string | undefined} page address on the site of a file of the repository, `/errors.md`
 * @property {(file: string) => string | undefined} [title] title of a page, which tells a reader more than a file's name
 * @property {string} repository where other files can be read; empty: links to them become text
 * @property {string} [revision] branch or tag for these files, `main` by default
 */

/**
 * A document with the site's addresses in its links.
 * @param {string} text @param {string} file in the repository @param {Site} site
 */
export function siteLinks(text, file, site) {
  return outsideCode(text, (prose) =>
    prose
      .replace(LINK, (all, label, target) => {
        if (target.startsWith('#')) return all;
        const address = addressOf(target, file, site);
        return address === undefined ? label : `[${linkText(label, target, file, site)}](${address})`;
      })
      .replace(ATTRIBUTE, (_, name, target) => `${name}="${addressOf(target, file, site) ?? '#'}"`),
  );
}

/** If a label is a file's name, replaces it by the title of that page. @param {string} label @param {string} target @param {string} from @param {Site} site */
function linkText(label, target, from, { title }) {
  const isName = /^`?[\w./-]+(\.md|\/)`?$/.test(label);
  return (isName && title?.(fileOf(target, from))) || label;
}

/** @param {string} target @param {string} from */
function fileOf(target, from) {
  return posix.join(posix.dirname(from), target.replace(/#.*/s, '')).replace(/\/$/, '');
}

/** @param {string} target @param {string} from @param {Site} site */
function addressOf(target, from, { page, repository, revision = 'main' }) {
  const [, anchor] = target.split('#');
  const file = fileOf(target, from);
  const address = page(file);
  if (address !== undefined) return anchor === undefined ? address : `${address.replace(/#.*/, '')}#${anchor}`;
  return repository === ''
    ? undefined
    : `${repository.replace(/\/+$/, '')}/blob/${revision}/${file}${anchor === undefined ? '' : `#${anchor}`}`;
}

/** A picture in two themes follows the site's switch, not only the system. @param {string} text */
export function themedPictures(text) {
  return text.replace(
    /<picture>\s*<source media="\(prefers-color-scheme: dark\)" srcset="([^"]+)">\s*<img alt="([^"]*)" src="([^"]+)">\s*<\/picture>/g,
    (_, dark, alt, light) => `<img class="light-only" alt="${alt}" src="${light}">\n<img class="dark-only" alt="${alt}" src="${dark}">`,
  );
}

/** @param {string} text @param {(prose: string) => string} change */
function outsideCode(text, change) {
  let [result, from] = ['', 0];
  for (const { index, 0: code } of text.matchAll(FENCE)) {
    result += change(text.slice(from, index)) + code;
    from = index + code.length;
  }
  return result + change(text.slice(from));
}
