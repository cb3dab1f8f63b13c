// The description that search engines and previews show under a page's title.

const LONGEST = 160;

/**
 * The first paragraph of a page as plain text, cut after a sentence or word.
 * @param {string} markdown @param {string} [other] a page to use if this one's first part has no paragraph
 */
export function describePage(markdown, other = '') {
  const text = markdown.replace(/^( *)(`{3,})[\s\S]*?^\1\2$/gm, '');
  const [before = ''] = text.replace(/^# .*$/m, '').split(/^## /m);
  return shortened(plain(firstParagraph(before) || other || firstParagraph(text)));
}

/**
 * The page with its description in front of its text.
 * @param {string} markdown @param {string} [other] as for `describePage`
 */
export function withDescription(markdown, other) {
  const description = describePage(markdown, other);
  if (description === '' || markdown.startsWith('---\n')) return markdown;
  // JSON is YAML.
  return `---\ndescription: ${JSON.stringify(description)}\n---\n\n${markdown}`;
}

/** Not a heading, a table, a list, HTML or a definition. @param {string} markdown without code */
function firstParagraph(markdown) {
  const blocks = markdown.split(/\n\s*\n/).map((block) => block.trim());
  return blocks.find((block) => /^[^|<!*#>-]/.test(block) && !block.startsWith('Defined in:')) ?? '';
}

/** @param {string} markdown of a paragraph */
function plain(markdown) {
  return markdown
    .replace(/!?\[([^[\]]*)\]\([^)]*\)/g, '$1')
    .replace(/`[^`]*`|(?<!\\)<\/?[a-z][^>]*>/gi, (found) => (found.startsWith('`') ? found : ''))
    .replace(/\\([\\`*_{}[\]<>()#+.!|-])/g, '$1')
    .replace(/`|\*\*/g, '')
    .replace(/\s+/g, ' ')
    .replace(/:$/, '.')
    .trim();
}

/** @param {string} text */
function shortened(text) {
  if (text.length <= LONGEST) return text;
  const start = text.slice(0, LONGEST);
  const [sentences] = /^.*[.!?](?=\s)/.exec(start) ?? [];
  return sentences ?? `${start.replace(/\W+\w*$/, '')} …`;
}
