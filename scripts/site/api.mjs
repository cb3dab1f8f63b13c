// Converts typedoc's output to pages of the site.

/** @typedef {{ text: string, link?: string, collapsed?: boolean, items?: Item[] }} Item */

const ORDER = ['Functions', 'Classes', 'Interfaces', 'Type Aliases', 'Variables'];

/** Modules are named as they are imported: `classes` is `resnet-webgpu/classes`. @param {string} name */
export function entryPoint(name) {
  return name === 'resnet-webgpu' ? name : `resnet-webgpu/${name}`;
}

/** @param {Item[]} items of typedoc's side bar @returns {Item[]} */
export function apiSidebar(items) {
  return items
    .map(({ text, link, items: groups = [] }) => ({
      text: entryPoint(text),
      ...(link && { link }),
      collapsed: text !== 'resnet-webgpu',
      items: groups
        .toSorted((a, b) => ORDER.indexOf(a.text) - ORDER.indexOf(b.text))
        .map((group) => ({ ...group, collapsed: false, text: group.text === 'Type Aliases' ? 'Types' : group.text })),
    }))
    .sort((a, b) => Number(a.collapsed) - Number(b.collapsed) || (a.text < b.text ? -1 : 1));
}

/** The README's description of each entry point: rows of a table that start with its name. @param {string} readme */
export function entryPoints(readme) {
  const rows = readme.matchAll(/^\| `(resnet-webgpu\/\w+)` \| (.*) \|$/gm);
  return Object.fromEntries(Array.from(rows, ([, name = '', text = '']) => [name, `${text[0]?.toUpperCase()}${text.slice(1)}.`]));
}

/**
 * The first page of the API reference.
 * @param {Item[]} modules from `apiSidebar` @param {Record<string, string>} summaries of the modules, by entry point
 */
export function apiHome(modules, summaries) {
  const sections = modules.map(({ text, link, items = [] }) => {
    const lists = items.map(
      ({ text: kind, items: members = [] }) => `**${kind}**: ${members.map((member) => `[${member.text}](${member.link})`).join(', ')}`,
    );
    return [`## [${text}](${link}index.md)`, summaries[text] ?? '', ...lists].filter((part) => part !== '').join('\n\n');
  });
  return `# API reference\n\nWhat each entry point of the package exports.\n\n${sections.join('\n\n')}\n`;
}

/**
 * A page of the reference. Adds where its name is imported from, and links to the documents that it mentions.
 * @param {string} text @param {string} path in the reference: `classes/functions/createIndex.md`
 * @param {(file: string) => string | undefined} page address of a document
 * @param {(file: string) => string | undefined} [title] of a document
 */
export function apiPage(text, path, page, title) {
  const [module = '', kind = '', file = ''] = path.split('/');
  const name = file.replace(/\.md$/, '');
  const keyword = kind === 'functions' || kind === 'classes' || kind === 'variables' ? 'import' : 'import type';
  const line = kind === '' || file === '' ? '' : `\n\n\`\`\`ts\n${keyword} { ${name} } from '${entryPoint(module)}';\n\`\`\``;
  return text
    .replace(/^# .*$/m, (title) => `${title}${line}`)
    .replace(/(?<![\w/([`])(docs\/[\w-]+\.md)(#[\w-]+)?/g, (all, document, anchor = '') => {
      const address = page(document);
      return address === undefined ? all : `[${title?.(document) ?? document}](${address}${anchor})`;
    });
}

/**
 * Whether typedoc tells where each name is defined, which requires that the source can be read. It looks for `.git` as a folder, which it is
 * not in a worktree. So it is given the commit.
 * @param {string} repository its address; empty: no links to the source
 * @param {string} commit
 * @param {string} source the folder src/; files and modules are named relative to it
 */
export function sourceOptions(repository, commit, source) {
  if (repository === '') return { disableSources: true };
  const sourceLinkTemplate = `${repository.replace(/\/+$/, '')}/blob/{gitRevision}/src/{path}#L{line}`;
  return { disableSources: false, disableGit: true, gitRevision: commit, displayBasePath: source, sourceLinkTemplate };
}
