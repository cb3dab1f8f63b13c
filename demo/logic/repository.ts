/** Where the project is published, for every page that links to it. */

/** Its address, such as `https://github.com/someone/resnet-webgpu`. Empty until somebody publishes it; then there are no links. */
export const REPOSITORY: string = '';

/** Length of an address that all browsers and servers accept. */
const LONGEST_ADDRESS = 8000;

/**
 * The address of a new issue with this text. Undefined without a repository, or if the text is too long for an address.
 * @param repository the value of `REPOSITORY`
 */
export function issueAddress(title: string, body: string, repository = REPOSITORY): string | undefined {
  if (repository === '') return undefined;
  const address = new URL(`${repository.replace(/\/+$/, '')}/issues/new`);
  address.searchParams.set('title', title);
  address.searchParams.set('body', body);
  return address.href.length <= LONGEST_ADDRESS ? address.href : undefined;
}

/**
 * Links of the footer. None without a repository and documents.
 * @param documents address of the site that `npm run docs` builds, if the page was built for it (`build:demo -- --docs ADDRESS`)
 */
export function projectLinks(
  repository = REPOSITORY,
  documents: string | undefined = import.meta.env.VITE_DOCS,
): [text: string, address: string][] {
  const root = repository.replace(/\/+$/, '');
  const readme = root && `${root}/blob/main/README.md`;
  const links: [string, string][] = [
    ['Repository', root],
    ['npm', root && 'https://www.npmjs.com/package/resnet-webgpu'],
    ['Documentation', documents || readme],
    ['Issues', root && `${root}/issues`],
  ];
  return links.filter(([, address]) => address !== '');
}
