/** What tells a file from another one at the same address. */
export interface Version {
  etag?: string;
  /** Last-Modified. */
  modified?: string;
  /** Where it came from in the end, after redirections; not kept. */
  url?: string;
  /** Of a model repository. */
  commit?: string;
  /** What the repository's listing says, and the bytes were found to have. */
  sha256?: string;
}

/** Another origin may hide ETag, never Last-Modified. */
export function versionOf({ headers, url }: Response): Version {
  return {
    etag: headers.get('etag') ?? undefined,
    modified: headers.get('last-modified') ?? undefined,
    commit: headers.get('x-repo-commit') ?? undefined,
    url,
  };
}

/** A validator that promises the same bytes, for If-Range: a strong ETag, or the date. RFC 9110, 8.8.1. */
export function strongValidator({ etag, modified }: Version): string | undefined {
  return etag?.startsWith('"') ? etag : modified;
}

/** Whether two answers are of the same bytes: one strong pair agrees, and nothing that both have differs. */
export function sameBytes(a: Version, b: Version): boolean {
  const differ = (x?: string, y?: string) => x !== undefined && y !== undefined && x !== y;
  if (differ(a.etag, b.etag) || differ(a.modified, b.modified)) return false;
  return (a.etag?.startsWith('"') && a.etag === b.etag) || (a.modified !== undefined && a.modified === b.modified);
}

/** Whether a server's file is still the one that was kept. A weak ETag is enough: nothing is put together from two answers. */
export function sameFile(a: Version, b: Version): boolean {
  const bare = (tag: string) => tag.replace(/^W\//, '');
  if (a.etag && b.etag) return bare(a.etag) === bare(b.etag);
  return a.modified !== undefined && a.modified === b.modified;
}
