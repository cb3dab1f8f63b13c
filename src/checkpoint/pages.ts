/** Addresses of pages that show a repository or a file, as they stand in the browser's address bar. */

/**
 * What a page shows: of huggingface.co a repository (`hf:owner/name@revision`) or a file of one, of github.com a file. Other addresses
 * stay as they are.
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
  // 'datasets/…', 'spaces/…' and 'docs/…' are no models.
  if (!owner || !name || /^(datasets|spaces|docs|api|collections|papers|models)$/.test(owner)) return undefined;
  if (kind === 'blob') return `https://huggingface.co/${[owner, name, 'resolve', ...rest].join('/')}`;
  if (kind === undefined) return `hf:${owner}/${name}`;
  // A branch of several words has its slashes escaped.
  return kind === 'tree' && rest.length === 1 ? `hf:${owner}/${name}@${decodeURIComponent(rest[0] ?? '')}` : undefined;
}

function githubPage([owner, name, kind, ...rest]: string[]): string | undefined {
  if ((kind !== 'blob' && kind !== 'raw') || rest.length < 2) return undefined;
  return `https://raw.githubusercontent.com/${[owner, name, ...rest].join('/')}`;
}
