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

/** Links of the footer; none without a repository. */
export function projectLinks(repository = REPOSITORY): [text: string, address: string][] {
  if (repository === '') return [];
  const root = repository.replace(/\/+$/, '');
  return [
    ['Repository', root],
    ['npm', 'https://www.npmjs.com/package/resnet-webgpu'],
    ['Documentation', `${root}/blob/main/README.md`],
    ['Issues', `${root}/issues`],
  ];
}
