/**
 * Reasons why a checkout is not the release of a tag.
 * @param {{ tag: string, manifest: { version: string, repository?: string | { url?: string } }, changelog: string, repository: string }} release
 * @returns {string[]}
 */
export function releaseProblems({ tag, manifest: { version, repository: named }, changelog, repository }) {
  const url = ((typeof named === 'string' ? named : named?.url) ?? '').replace(/^git\+/, '').replace(/\.git$/, '');
  const problems = [];
  if (tag !== `v${version}`) problems.push(`The tag is ${tag || 'missing'}, package.json has version ${version}.`);
  if (!new RegExp(`^## \\[${version.replaceAll('.', '\\.')}\\] - \\d{4}-\\d\\d-\\d\\d$`, 'm').test(changelog))
    problems.push(`CHANGELOG.md has no dated section [${version}].`);
  if (/^## \[Unreleased\]\s*\n(?!## )\S/m.test(changelog))
    problems.push(`CHANGELOG.md lists changes under [Unreleased]: move them to [${version}].`);
  if (repository === '') problems.push('REPOSITORY in demo/logic/repository.ts is empty: links of the README would lead nowhere.');
  if (url !== repository) problems.push(`package.json names the repository “${url}”, demo/logic/repository.ts “${repository}”.`);
  return problems;
}
