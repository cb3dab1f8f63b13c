// The examples as pages: what each is for, how to start it, and all of its code.
import { readdirSync, readFileSync } from 'node:fs';
import { extname, join } from 'node:path';
import { slug } from './links.mjs';

const LANGUAGES = { '.ts': 'ts', '.tsx': 'tsx', '.js': 'js', '.html': 'html', '.json': 'json', '.css': 'css' };

/** @typedef {{ name: string, title: string, summary: string, files: string[] }} Recipe `title`: the start of its summary */

/** @param {string} root of the repository @returns {Recipe[]} in the order of the examples' README */
export function recipes(root) {
  const readme = readFileSync(join(root, 'examples/README.md'), 'utf8');
  const rank = (/** @type {string} */ name) => (readme.indexOf(`[${name}](`) + readme.length) % readme.length;
  return readdirSync(join(root, 'examples'), { withFileTypes: true })
    .filter((entry) => entry.isDirectory())
    .map(({ name }) => {
      const folder = join(root, 'examples', name);
      const { description } = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8'));
      const files = readdirSync(folder, { recursive: true, withFileTypes: true })
        .filter((entry) => entry.isFile() && extname(entry.name) in LANGUAGES && !entry.parentPath.includes('node_modules'))
        .map((entry) =>
          join(entry.parentPath, entry.name)
            .slice(folder.length + 1)
            .replaceAll('\\', '/'),
        );
      return {
        name,
        title: description.replace(/\s*[:,(].*/s, ''),
        summary: `${description}.`,
        files: files.sort((a, b) => rankOf(a, name, readme) - rankOf(b, name, readme) || (a < b ? -1 : 1)),
      };
    })
    .sort((a, b) => rank(a.name) - rank(b.name));
}

/** Files that the README links to come first, settings last. @param {string} file @param {string} name @param {string} readme */
function rankOf(file, name, readme) {
  if (readme.includes(`(${name}/${file})`)) return 0;
  if (file === 'package.json') return 3;
  return /config|manifest|\.json$/.test(file) ? 2 : 1;
}

/** @param {string} root @param {Recipe} recipe */
export function recipePage(root, { name, title, summary, files }) {
  const manifest = JSON.parse(readFileSync(join(root, 'examples', name, 'package.json'), 'utf8'));
  const start = ['npm install', ...(manifest.scripts?.start ? ['npm start'] : [])].join('\n');
  const parts = files.map((file) => {
    const language = LANGUAGES[/** @type {keyof typeof LANGUAGES} */ (extname(file))];
    const code = readFileSync(join(root, 'examples', name, file), 'utf8').trimEnd();
    return `## ${file}\n\n\`\`\`\`${language}\n${code}\n\`\`\`\``;
  });
  return `# ${title}\n\n${summary}\n\nThe folder \`examples/${name}\` of the package, complete. Copy it, then:\n\n\`\`\`sh\n${start}\n\`\`\`\n\n${parts.join('\n\n')}\n`;
}

/** Address on the site of an example's file. @param {string} path in the repository */
export function recipeAddress(path) {
  const [, name, file] = /^examples\/([^/]+)(?:\/(.+))?$/.exec(path) ?? [];
  if (name === undefined || name.endsWith('.md')) return undefined;
  return file === undefined ? `/recipes/${name}.md` : `/recipes/${name}.md#${slug(file)}`;
}
