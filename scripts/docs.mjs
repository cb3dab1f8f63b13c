// npm run docs -- [--base /folder/] [--demo https://…/] [--out FOLDER]: builds the site of README, docs/, examples/ and the API into dist-docs/.
//   --base   path under which it is served, `/` by default
//   --demo   address of the demo, to which the site then links
// Its tools (VitePress, typedoc, and a TypeScript that typedoc supports) are installed into site/ if they are missing.
import { spawnSync } from 'node:child_process';
import { cpSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { repositoryAddress } from './lib/repository.mjs';
import { ensureInstalled, root } from './lib/setup.mjs';
import { apiHome, apiPage, apiSidebar, entryPoint, entryPoints } from './site/api.mjs';
import { checkSite } from './site/check.mjs';
import { withDescription } from './site/description.mjs';
import { homePage } from './site/home.mjs';
import { siteLinks, themedPictures } from './site/links.mjs';
import { documents, pageTitle, routeOf, sidebar, titleOf } from './site/pages.mjs';
import { recipeAddress, recipePage, recipes } from './site/recipes.mjs';

const { values } = parseArgs({
  options: { base: { type: 'string', default: '/' }, demo: { type: 'string' }, out: { type: 'string', default: 'dist-docs' } },
});
const start = performance.now();
const site = join(root, 'site');
const pages = join(site, 'pages');
const out = resolve(root, values.out);
const base = `/${values.base}/`.replace(/\/+/g, '/');
const demo = values.demo?.replace(/\/*$/, '/');
const repository = repositoryAddress();

const files = documents(root);
/** @param {string} file in the repository */
const addressOf = (file) => {
  const document = file.endsWith('.md') ? file : `${file}/README.md`;
  if (files.includes(document)) return `/${routeOf(document)}.md`;
  return file.startsWith('docs/images/') ? file.slice('docs'.length) : recipeAddress(file);
};

/** @param {string} file a file of the repository, or a folder */
const titleIn = (file) => {
  const document = file.endsWith('.md') ? file : `${file}/README.md`;
  return files.includes(document) ? pageTitle(root, document) : undefined;
};

ensureInstalled(site);
rmSync(pages, { recursive: true, force: true });
node('typedoc/bin/typedoc', ['--options', 'typedoc.config.mjs']);
const api = writeApi();
writeDocuments();
writeSite();
node('vitepress/bin/vitepress.js', ['build', '.', '--outDir', out]);

const { pages: count, links, dead } = checkSite(out, base);
for (const link of dead) console.error(`dead link: ${link}`);
console.log(`${count} pages, ${links} links, ${dead.length} of them dead; ${((performance.now() - start) / 1000).toFixed(0)} s: ${out}`);
process.exitCode = dead.length > 0 ? 1 : 0;

/** Completes what typedoc wrote, and returns the side bar. */
function writeApi() {
  const folder = join(pages, 'api');
  const bar = apiSidebar(JSON.parse(readFileSync(join(folder, 'typedoc-sidebar.json'), 'utf8')));
  const readme = siteLinks(readFileSync(join(root, 'README.md'), 'utf8'), 'README.md', { page: addressOf, title: titleIn, repository });
  const summaries = entryPoints(readme);
  for (const path of readdirSync(folder, { recursive: true, encoding: 'utf8' }).map((name) => name.replaceAll('\\', '/'))) {
    if (!path.endsWith('.md')) continue;
    const text = readFileSync(join(folder, path), 'utf8');
    const module = entryPoint(path.split('/')[0] ?? '');
    const other = path.endsWith('/index.md') ? (summaries[module] ?? `What ${module} exports.`) : `${titleOf(text)}, of ${module}.`;
    writeFileSync(join(folder, path), withDescription(apiPage(text, path, addressOf, titleIn), other));
  }
  writeFileSync(join(folder, 'index.md'), withDescription(apiHome(bar, summaries)));
  return bar;
}

function writeDocuments() {
  const target = { page: addressOf, title: titleIn, repository };
  for (const file of files) {
    const text = siteLinks(readFileSync(join(root, file), 'utf8'), file, target);
    if (file === 'README.md') write('index.md', homePage(themedPictures(text), demo));
    // On the site, the README is the guide.
    write(`${routeOf(file)}.md`, file === 'README.md' ? themedPictures(text).replace(/^# .*/, '# Guide') : text);
  }
  for (const recipe of recipes(root)) write(`recipes/${recipe.name}.md`, recipePage(root, recipe));
  cpSync(join(root, 'docs/images'), join(pages, 'public/images'), { recursive: true });
  cpSync(join(root, 'demo/public/icon.svg'), join(pages, 'public/icon.svg'));
}

/** The input of site/.vitepress/config.mjs. */
function writeSite() {
  const items = recipes(root).map(({ name, title }) => ({ text: title, link: `/recipes/${name}` }));
  const bar = { text: 'Recipes', collapsed: true, items };
  write('site.json', JSON.stringify({ base, demo, repository, documents: sidebar(root, files), recipes: bar, api }, null, 2));
}

/** @param {string} path @param {string} text */
function write(path, text) {
  const file = join(pages, path);
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(file, path.endsWith('.md') ? withDescription(text) : text);
}

/** @param {string} tool in site/node_modules @param {string[]} args */
function node(tool, args) {
  const { status } = spawnSync(process.execPath, [join(site, 'node_modules', tool), ...args], { cwd: site, stdio: 'inherit' });
  if (status !== 0) {
    console.error(`${tool} ended with ${status}.`);
    process.exit(1);
  }
}
