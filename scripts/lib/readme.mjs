// Links of a page in Markdown that lead to files of the repository.

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
