/** Addresses of web pages that show a repository or a file, as copied from the browser's address bar. */

/**
 * What a page shows: for huggingface.co a repository (`hf:owner/name@revision`) or one of its files, for github.com a file. Other
 * addresses stay unchanged.
 */
export function shownOn(address: string): string {
  const { host, pathname, protocol } = new URL(address);
  if (!/^https?:$/.test(protocol)) return address;
  const parts = pathname.split('/').filter(Boolean);
  if (/^(www\.)?(huggingface\.co|hf\.co)$/.test(host)) return hubPage(parts) ?? address;
  if (/^(www\.)?github\.com$/.test(host)) return githubPage(parts) ?? address;
  return address;
}

function hubPage([owner, name, kind, ...rest]: string[]): string | undefined {
  // 'datasets/…', 'spaces/…' and 'docs/…' are not models.
  if (!owner || !name || /^(datasets|spaces|docs|api|collections|papers|models)$/.test(owner)) return undefined;
  if (kind === 'blob') return `https://huggingface.co/${[owner, name, 'resolve', ...rest].join('/')}`;
  if (kind === undefined) return `hf:${owner}/${name}`;
  // Slashes in a branch's name are escaped.
  return kind === 'tree' && rest.length === 1 ? `hf:${owner}/${name}@${decodeURIComponent(rest[0] ?? '')}` : undefined;
}

function githubPage([owner, name, kind, ...rest]: string[]): string | undefined {
  if ((kind !== 'blob' && kind !== 'raw') || rest.length < 2) return undefined;
  return `https://raw.githubusercontent.com/${[owner, name, ...rest].join('/')}`;
}
