// Links of a page in Markdown that lead to files of the repository.
import { posix } from 'node:path';
import { siteLinks } from '../site/links.mjs';

const LINK = /(\]\(|\b(?:href|src|srcset)=")(?!https?:|#|mailto:)([^)"\s#]+)/g;

/** @param {string} text */
export function localLinks(text) {
  return [...new Set(Array.from(text.matchAll(LINK), ([, , path = '']) => path))];
}

/**
 * The page as npm's site shows it, where nothing stands beside it: pages at the repository, pictures as files.
 * @param {string} text @param {string} repository as REPOSITORY of demo/logic/repository.ts has it; nothing is changed where it is empty
 * @param {string} revision a tag, so that the page stays true to its version
 */
export function absoluteLinks(text, repository, revision) {
  if (repository === '') return text;
  const base = repository.replace(/\/+$/, '');
  return text.replace(LINK, (_, before, path) => {
    const isPicture = /\.(jpe?g|png|svg|webp|gif)$/i.test(path);
    return `${before}${base}/${isPicture ? 'raw' : 'blob'}/${revision}/${path.replace(/^\.\//, '')}`;
  });
}

/**
 * A page in the package: where a link's target is not in the package, it leads to the repository.
 * @param {string} text @param {string} file the page's path in the package @param {readonly string[]} packed paths of all files in the package
 * @param {string} repository empty: such a link becomes its text @param {string} revision
 */
export function packedLinks(text, file, packed, repository, revision) {
  const folder = posix.dirname(file);
  const page = (/** @type {string} */ target) =>
    packed.some((name) => name === target || name.startsWith(`${target}/`)) ? posix.relative(folder, target) : undefined;
  return siteLinks(text, file, { page, repository, revision });
}
