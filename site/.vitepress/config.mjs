// The site of `npm run docs`. Its pages are written by scripts/docs.mjs; site.json among them says how they hang together.
import { readFileSync } from 'node:fs';
import { slug } from '../../scripts/site/links.mjs';

const { base, demo, repository, documents, recipes, api } = JSON.parse(
  readFileSync(new URL('../pages/site.json', import.meta.url), 'utf8'),
);

const demoPages = demo
  ? [
      {
        text: 'Try it',
        items: [
          { text: 'Demo', link: demo },
          { text: 'Benchmark', link: `${demo}benchmark.html` },
          { text: 'Doctor', link: `${demo}doctor.html` },
        ],
      },
    ]
  : [];

export default {
  title: 'resnet-webgpu',
  description: 'The ResNet family in the browser on WebGPU, straight from the PyTorch checkpoint.',
  lang: 'en',
  base,
  srcDir: 'pages',
  outDir: '../dist-docs',
  head: [
    ['link', { rel: 'icon', href: `${base}icon.svg`, type: 'image/svg+xml' }],
    ['meta', { name: 'theme-color', media: '(prefers-color-scheme: light)', content: '#fbfbf8' }],
    ['meta', { name: 'theme-color', media: '(prefers-color-scheme: dark)', content: '#1a1c1a' }],
  ],
  ignoreDeadLinks: false,
  // Pages are read here without highlighting on the way; the search shows headings and their text.
  metaChunk: true,
  markdown: {
    theme: { light: 'github-light-high-contrast', dark: 'github-dark-high-contrast' },
    anchor: { slugify: slug },
    toc: { slugify: slug },
    headers: { slugify: slug },
  },
  themeConfig: {
    logo: '/icon.svg',
    nav: [
      { text: 'Guide', link: '/guide' },
      { text: 'Recipes', link: '/recipes/' },
      { text: 'API', link: '/api/', activeMatch: '/api/' },
      { text: 'Performance', link: '/performance' },
      ...demoPages,
    ],
    sidebar: { '/': [...documents, recipes], '/api/': [{ text: 'API reference', link: '/api/' }, ...api] },
    outline: { level: [2, 3], label: 'On this page' },
    search: { provider: 'local', options: { detailedView: true } },
    externalLinkIcon: true,
    ...(repository && { socialLinks: [{ icon: 'github', link: repository, ariaLabel: 'Repository' }] }),
  },
  vite: { build: { chunkSizeWarningLimit: 4000 } },
};
