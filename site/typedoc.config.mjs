// The reference: what the entry points export, from the comments in the source.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Converter, ReflectionKind } from 'typedoc';
import { currentCommit, repositoryAddress } from '../scripts/lib/repository.mjs';
import { root } from '../scripts/lib/setup.mjs';
import { sourceOptions } from '../scripts/site/api.mjs';

const { exports: entries } = JSON.parse(readFileSync(new URL('../package.json', import.meta.url), 'utf8'));
/** `./dist/types/node/index.d.ts` is made of `src/node/index.ts`. */
const sources = Object.values(entries).flatMap(({ types }) => types?.replace('./dist/types', '../src').replace('.d.ts', '.ts') ?? []);

/** The main entry point is called as it is imported. @param {import('typedoc').Application} app */
function namedEntry(app) {
  app.converter.on(Converter.EVENT_CREATE_DECLARATION, (_, reflection) => {
    if (reflection.kindOf(ReflectionKind.Module) && reflection.name === 'index') reflection.name = 'resnet-webgpu';
  });
}

/** @type {Partial<import('typedoc').TypeDocOptions> & Record<string, unknown>} */
const options = {
  plugin: ['typedoc-plugin-markdown', 'typedoc-vitepress-theme', namedEntry],
  entryPoints: [...new Set(sources)],
  tsconfig: '../tsconfig.build.json',
  out: 'pages/api',
  docsRoot: 'pages',
  readme: 'none',
  // Signatures name some types that are nobody's to use (`Arch`, `OpAttrs`); they stand there as names.
  validation: { notExported: false },
  ...sourceOptions(repositoryAddress(), currentCommit(), join(root, 'src')),
  excludePrivate: true,
  excludeInternal: true,
  hideBreadcrumbs: true,
  hidePageHeader: true,
  useCodeBlocks: true,
  expandParameters: true,
  indexFormat: 'table',
  parametersFormat: 'table',
  typeDeclarationFormat: 'table',
  propertiesFormat: 'list',
  interfacePropertiesFormat: 'list',
  sidebar: { autoConfiguration: true, format: 'vitepress', pretty: true },
  logLevel: 'Warn',
};

export default options;
