// Links in Markdown that lead to files of the repository.
import { posix } from 'node:path';
import { siteLinks } from '../site/links.mjs';

const LINK = /(\]\(|\b(?:href|src|srcset)=")(?!https?:|#|mailto:)([^)"\s#]+)/g;

/** @param {string} text */
export function localLinks(text) {
  return [...new Set(Array.from(text.matchAll(LINK), ([, , path = '']) => path))];
}

/**
 * The page for npm's site, where there are no other files: links to pages lead to the repository, pictures are absolute.
 * @param {string} text @param {string} repository REPOSITORY of demo/logic/repository.ts. If it is empty, nothing is changed
 * @param {string} revision a tag, so that the page stays right for its version
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
 * A page in the package. Links to files that are not in the package lead to the repository.
 * @param {string} text @param {string} file the page's path in the package @param {readonly string[]} packed paths of all files in the package
 * @param {string} repository if it is empty, such a link becomes its text @param {string} revision
 */
export function packedLinks(text, file, packed, repository, revision) {
  const folder = posix.dirname(file);
  const page = (/** @type {string} */ target) =>
    packed.some((name) => name === target || name.startsWith(`${target}/`)) ? posix.relative(folder, target) : undefined;
  return siteLinks(text, file, { page, repository, revision });
}
