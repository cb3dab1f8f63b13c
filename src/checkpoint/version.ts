/** Identifies a version of a file at an address. */
export interface Version {
  etag?: string;
  /** Last-Modified. */
  modified?: string;
  /** Final address after redirections. Not stored. */
  url?: string;
  /** Commit of a model repository. */
  commit?: string;
  /** SHA-256 in the repository's listing, which the bytes were found to have. */
  sha256?: string;
}

/** Another origin may hide ETag, but never Last-Modified. */
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

/** Whether two answers have the same bytes: one strong pair is equal, and no pair differs. */
export function sameBytes(a: Version, b: Version): boolean {
  const differ = (x?: string, y?: string) => x !== undefined && y !== undefined && x !== y;
  if (differ(a.etag, b.etag) || differ(a.modified, b.modified)) return false;
  return (a.etag?.startsWith('"') && a.etag === b.etag) || (a.modified !== undefined && a.modified === b.modified);
}

/** Whether a server's file is still the one that was kept. A weak ETag is enough, because parts of two answers are not combined. */
export function sameFile(a: Version, b: Version): boolean {
  const bare = (tag: string) => tag.replace(/^W\//, '');
  if (a.etag && b.etag) return bare(a.etag) === bare(b.etag);
  return a.modified !== undefined && a.modified === b.modified;
}
