/** Where the project lives, for every page that points there. */

/** Its address, such as `https://github.com/someone/resnet-webgpu`. Empty until somebody publishes it; then nothing points anywhere. */
export const REPOSITORY: string = '';

/** What browsers and servers take as an address without fail. */
const LONGEST_ADDRESS = 8000;

/**
 * The address of a new issue with its text filled in; undefined without a repository, or where the text is too long for an address.
 * @param repository as `REPOSITORY` has it
 */
export function issueAddress(title: string, body: string, repository = REPOSITORY): string | undefined {
  if (repository === '') return undefined;
  const address = new URL(`${repository.replace(/\/+$/, '')}/issues/new`);
  address.searchParams.set('title', title);
  address.searchParams.set('body', body);
  return address.href.length <= LONGEST_ADDRESS ? address.href : undefined;
}

/**
 * Links of the footer; none without a repository and documents.
 * @param documents address of the site that `npm run docs` builds, where the page was built beside it (`build:demo -- --docs ADDRESS`)
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
