import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { root } from '../lib/setup.mjs';
import { apiHome, apiPage, apiSidebar, entryPoints, sourceOptions } from './api.mjs';
import { checkLinks } from './check.mjs';
import { describePage, withDescription } from './description.mjs';
import { homePage } from './home.mjs';
import { linkTargets, siteLinks, slug, themedPictures } from './links.mjs';
import { documents, GROUPS, pageTitle, routeOf, sidebar } from './pages.mjs';
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

  it('are called as their page where their text is the name of a file', () => {
    const title = (file: string) => (file === 'docs/a.md' || file === 'reports' ? 'A page' : undefined);
    const site = { page: (file: string) => (title(file) ? '/a.md' : undefined), title, repository: '' };
    const written =
      '[docs/a.md](docs/a.md#b), [`docs/a.md`](docs/a.md), [reports/](reports), [all of them](docs/a.md), [docs/c.md](docs/c.md)';
    expect(siteLinks(written, 'README.md', site)).toBe(
      '[A page](/a.md#b), [A page](/a.md), [A page](/a.md), [all of them](/a.md), docs/c.md',
    );
    expect(pageTitle(root, 'docs/errors.md')).toBe('Errors');
    expect(pageTitle(root, 'README.md')).toBe('Guide');
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
    const { title, titleTemplate, description, hero, points } = JSON.parse(front);
    expect(hero).toMatchObject({ name: 'resnet-webgpu', tagline: expect.stringContaining('WebGPU') });
    // A headline is a name, not a sentence.
    expect(hero.text).toBeUndefined();
    expect(title).toBe(hero.name);
    expect(`${title} | ${titleTemplate}`.length).toBeLessThan(60);
    expect(hero.tagline).toContain(description);
    expect(home).toMatch(/```sh\nnpm install resnet-webgpu\n```[\s\S]*await loadModel\(/);
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
    expect(new Set(all.map(({ title }) => title)).size).toBe(all.length);
    for (const recipe of all) {
      // The title must fit into the side bar.
      expect([recipe.title, recipe.title.length < 60 && !/[,:(]/.test(recipe.title)]).toEqual([recipe.title, true]);
      const page = recipePage(root, recipe);
      expect(page.startsWith(`# ${recipe.title}\n\n${recipe.summary}\n`)).toBe(true);
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

  it('says where a name is defined, where there is a repository', () => {
    expect(sourceOptions('', 'abc', root)).toEqual({ disableSources: true });
    expect(sourceOptions('https://github.com/a/b/', 'abc', '/here/src')).toEqual({
      disableSources: false,
      disableGit: true,
      gitRevision: 'abc',
      displayBasePath: '/here/src',
      sourceLinkTemplate: 'https://github.com/a/b/blob/{gitRevision}/src/{path}#L{line}',
    });
  });

  it('says where a name is imported from, and links the documents', () => {
    const text = apiPage(
      '# Function: f()\n\nSee docs/a.md#b and `docs/a.md`.\n',
      'classes/functions/f.md',
      () => '/a.md',
      () => 'A page',
    );
    expect(text).toBe(
      "# Function: f()\n\n```ts\nimport { f } from 'resnet-webgpu/classes';\n```\n\nSee [A page](/a.md#b) and `docs/a.md`.\n",
    );
  });
});

describe('descriptions', () => {
  it('are the first paragraph of a page', () => {
    const page =
      "# F\n\n```ts\nimport { f } from 'x';\n```\n\nDefined in: [a.ts](https://b.org)\n\n| a |\n| --- |\n\nDoes `it<A>` \\<T\\>,<br> see\n[the page](/a.md), **fast**:\n\n## Parts\n";
    expect(describePage(page)).toBe('Does it<A> <T>, see the page, fast.');
    expect(withDescription('# F\n\nSays "a".\n')).toBe('---\ndescription: "Says \\"a\\"."\n---\n\n# F\n\nSays "a".\n');
  });

  it('end where a sentence or a word ends', () => {
    expect(describePage(`# F\n\nOne. ${'word '.repeat(60)}`)).toBe('One.');
    expect(describePage(`# F\n\n${'word '.repeat(60)}`)).toMatch(/^(word )+…$/);
    expect(describePage(`# F\n\n${'word '.repeat(60)}`).length).toBeLessThanOrEqual(162);
  });

  it('are not of a part where something else is known, and not a second one', () => {
    expect(describePage('# F\n\n## Part\n\nText.\n')).toBe('Text.');
    expect(describePage('# F\n\n## Part\n\nText.\n', 'What `a` exports.')).toBe('What a exports.');
    expect(withDescription('# F\n', 'Function: f(), of a.')).toContain('description: "Function: f(), of a."');
    expect(withDescription('---\n{}\n---\n\nText.\n')).toBe('---\n{}\n---\n\nText.\n');
  });

  it('differ from page to page', () => {
    const all = documents(root).map((file) => describePage(readFileSync(`${root}/${file}`, 'utf8')));
    expect(all.filter((text) => text === '')).toEqual([]);
    expect(new Set(all).size).toBe(all.length);
  });
});

describe('the look', () => {
  it('keeps code in the cells of tables whole, also within links', () => {
    const style = readFileSync(`${root}/site/.vitepress/theme/style.css`, 'utf8');
    const rules = Array.from(style.matchAll(/([^{}]+)\{[^{}]*overflow-wrap: ([\w-]+)/g), ([, selector = '', value]) => ({
      selector,
      value,
    }));
    const ofCells = rules.filter(({ selector }) => /\b(td|th)\b(?!.*\) > code)[^,]*code/.test(selector));
    expect(ofCells.map(({ value }) => value)).toEqual(['normal']);
    // If two rules are equally specific, the later one counts.
    expect(rules.at(-1)).toBe(ofCells[0]);
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
