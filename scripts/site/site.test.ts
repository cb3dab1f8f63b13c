import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { root } from '../lib/setup.mjs';
import { apiHome, apiPage, apiSidebar, entryPoints } from './api.mjs';
import { checkLinks } from './check.mjs';
import { homePage } from './home.mjs';
import { linkTargets, siteLinks, slug, themedPictures } from './links.mjs';
import { documents, GROUPS, routeOf, sidebar } from './pages.mjs';
import { recipeAddress, recipePage, recipes } from './recipes.mjs';

const readme = readFileSync(`${root}/README.md`, 'utf8');

describe('links', () => {
  const page = (file: string) => (file === 'docs/a.md' ? '/a.md' : file.startsWith('docs/images/') ? file.slice(4) : recipeAddress(file));
  const text = [
    '[a](docs/a.md#one-part) [here](#here) [out](https://b.org/x) [code](src/x.ts) [two',
    'lines](examples/vite/src/main.ts)',
    '```md',
    '[kept](docs/a.md)',
    '```',
    '<img src="docs/images/a.webp">',
  ].join('\n');

  it('lead to the pages of the site, and are text where there is none', () => {
    expect(siteLinks(text, 'README.md', { page, repository: '' })).toBe(
      [
        '[a](/a.md#one-part) [here](#here) [out](https://b.org/x) code [two',
        'lines](/recipes/vite.md#srcmaints)',
        '```md',
        '[kept](docs/a.md)',
        '```',
        '<img src="/images/a.webp">',
      ].join('\n'),
    );
  });

  it('lead to the repository where there is one', () => {
    expect(siteLinks('[code](../src/x.ts#L3)', 'docs/b.md', { page, repository: 'https://github.com/a/b/' })).toBe(
      '[code](https://github.com/a/b/blob/main/src/x.ts#L3)',
    );
  });

  it('are found outside of code', () => {
    expect(linkTargets(text)).toEqual(['docs/a.md#one-part', 'src/x.ts', 'examples/vite/src/main.ts', 'docs/images/a.webp']);
  });

  it("have GitHub's names of headings", () => {
    expect(slug('In workers, Node and on the `command` line')).toBe('in-workers-node-and-on-the-command-line');
    expect(slug('1. The file')).toBe('1-the-file');
  });
});

describe('pages', () => {
  const files = documents(root);

  it('are all documents, each in the side bar once', () => {
    const listed = GROUPS.flatMap((group) => group.files);
    expect(listed.toSorted()).toEqual([...new Set(listed)].toSorted());
    expect(listed.filter((name) => !existsSync(`${root}/${name}`))).toEqual([]);
    const pages = [...readdirSync(root), ...readdirSync(`${root}/docs`).map((name) => `docs/${name}`)];
    expect(pages.filter((name) => name.endsWith('.md') && !listed.includes(name))).toEqual([]);
    expect(files).toEqual(expect.arrayContaining(['README.md', 'ARCHITECTURE.md', 'CHANGELOG.md', 'docs/errors.md', 'reports/README.md']));
  });

  it('have an address each', () => {
    const routes = files.map(routeOf);
    expect(new Set(routes).size).toBe(routes.length);
    expect(routes).toEqual(expect.arrayContaining(['guide', 'errors', 'recipes/index', 'shaders', 'architecture']));
    expect(sidebar(root, files)[0]?.items.slice(0, 2)).toEqual([
      { text: 'Guide', link: '/guide' },
      { text: 'Recipes', link: '/recipes/' },
    ]);
  });

  it('begin with one that is made of the README', () => {
    const home = homePage(themedPictures(readme), 'https://a.org/');
    const [, front = ''] = /^---\n(.*?)\n---/s.exec(home) ?? [];
    const { hero, points } = JSON.parse(front);
    expect(hero).toMatchObject({ name: 'resnet-webgpu', text: expect.stringContaining('WebGPU') });
    expect(hero.actions.at(-1)).toEqual({ theme: 'alt', text: 'Demo', link: 'https://a.org/' });
    expect(points.length).toBeGreaterThan(3);
    expect(JSON.stringify(points)).not.toMatch(/[*`|]/);
    expect(home).toContain('await loadModel(');
    expect(home).toMatch(/light-only.*dark-only/s);
    expect(() => homePage('# Nothing', undefined)).toThrow('README.md lacks');
  });
});

describe('recipes', () => {
  it('are all examples in the order of their README, with all of their code', () => {
    const all = recipes(root);
    expect(all.map(({ name }) => name).slice(0, 3)).toEqual(['html', 'vite', 'react']);
    for (const recipe of all) {
      const page = recipePage(root, recipe);
      expect(page).toContain(`# ${recipe.title}`);
      for (const file of recipe.files) expect(page).toContain(`## ${file}\n`);
    }
    const react = all.find(({ name }) => name === 'react');
    expect(react?.files).toEqual(['src/useModel.ts', 'index.html', 'src/main.tsx', 'tsconfig.json', 'package.json']);
    expect(existsSync(`${root}/examples/react/src/useModel.ts`)).toBe(true);
  });
});

describe('the reference', () => {
  const typedoc = [
    {
      text: 'classes',
      link: '/api/classes/',
      items: [
        { text: 'Interfaces', items: [{ text: 'A', link: '/api/classes/interfaces/A.md' }] },
        { text: 'Functions', items: [{ text: 'f', link: '/api/classes/functions/f.md' }] },
      ],
    },
    { text: 'resnet-webgpu', link: '/api/resnet-webgpu/', items: [] },
  ];

  it('is in the order of use', () => {
    const bar = apiSidebar(typedoc);
    expect(bar.map(({ text }) => text)).toEqual(['resnet-webgpu', 'resnet-webgpu/classes']);
    expect(bar[1]?.items?.map(({ text }) => text)).toEqual(['Functions', 'Interfaces']);
    expect(apiHome(bar, { 'resnet-webgpu/classes': 'Learns.' })).toContain(
      '## [resnet-webgpu/classes](/api/classes/index.md)\n\nLearns.\n\n**Functions**: [f](/api/classes/functions/f.md)\n\n**Interfaces**: [A]',
    );
  });

  it('takes from the README what each entry point is for', () => {
    const { exports } = JSON.parse(readFileSync(`${root}/package.json`, 'utf8'));
    const others = Object.entries<{ types?: string }>(exports).filter(([name, { types }]) => types && !['.', './bundle'].includes(name));
    const texts = entryPoints(readme);
    expect(others.map(([name]) => `resnet-webgpu${name.slice(1)}`).filter((name) => !texts[name])).toEqual([]);
    expect(texts['resnet-webgpu/testing']).toMatch(/^[A-Z].*\.$/);
  });

  it('says where a name is imported from, and links the documents', () => {
    const text = apiPage('# Function: f()\n\nSee docs/a.md#b and `docs/a.md`.\n', 'classes/functions/f.md', () => '/a.md');
    expect(text).toBe(
      "# Function: f()\n\n```ts\nimport { f } from 'resnet-webgpu/classes';\n```\n\nSee [docs/a.md](/a.md#b) and `docs/a.md`.\n",
    );
  });
});

describe('the check of the built site', () => {
  const check = (html: string, base = '/docs/') =>
    checkLinks(
      new Map([
        ['index.html', html],
        ['sub/a.html', '<h2 id="one">One</h2>'],
      ]),
      base,
      (path) => path === 'x.svg',
    );

  it('finds pages, files and places that are not there', () => {
    expect(
      check('<a href="/docs/sub/a.html#one">a</a> <img src="/docs/x.svg"> <a href="https://b.org/">b</a> <a href="/docs/">c</a>'),
    ).toEqual({
      links: 3,
      dead: [],
    });
    expect(check('<a class="b" href="/docs/sub/b.html">').dead).toEqual(['index.html: /docs/sub/b.html']);
    expect(check('<a href="./sub/a.html#two">').dead).toEqual(['index.html: ./sub/a.html#two (no such place)']);
    expect(check('<a href="/sub/a.html">').dead).toContain('index.html: /sub/a.html leaves /docs/');
  });
});
