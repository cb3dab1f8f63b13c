// Whether every link of a built site leads somewhere: pages, files, and anchors.
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

/**
 * @param {Map<string, string>} pages HTML by path: `recipes/html.html`
 * @param {string} base under which the site is served, `/` or `/docs/`
 * @param {(path: string) => boolean} isFile of the site
 * @returns {{ links: number, dead: string[] }} `dead`: page and link
 */
export function checkLinks(pages, base, isFile) {
  const ids = new Map(
    Array.from(pages, ([path, html]) => [path, new Set(Array.from(html.matchAll(/\sid="([^"]+)"/g), ([, id = '']) => unescaped(id)))]),
  );
  /** @type {string[]} */
  const dead = [];
  let links = 0;
  for (const [path, html] of pages) {
    const here = new URL(`${base}${path}`, 'http://site');
    for (const [, href = ''] of html.matchAll(/<(?:a|link|img|script|source)\b[^>]*?\s(?:href|src|srcset)="([^"]+)"/g)) {
      const url = new URL(unescaped(href), here);
      if (url.origin !== here.origin) continue;
      links++;
      if (!url.pathname.startsWith(base)) dead.push(`${path}: ${href} leaves ${base}`);
      const target = decodeURIComponent(url.pathname.slice(base.length)).replace(/(^|\/)$/, '$1index.html');
      const anchor = decodeURIComponent(url.hash.slice(1));
      const known = ids.get(target);
      if (!known && !isFile(target)) dead.push(`${path}: ${href}`);
      else if (anchor !== '' && known && !known.has(anchor)) dead.push(`${path}: ${href} (no such place)`);
    }
  }
  return { links, dead: [...new Set(dead)] };
}

/** @param {string} folder @param {string} base */
export function checkSite(folder, base) {
  const names = readdirSync(folder, { recursive: true, encoding: 'utf8' }).filter((name) => name.endsWith('.html'));
  const pages = new Map(names.map((name) => [name.replaceAll('\\', '/'), readFileSync(join(folder, name), 'utf8')]));
  return { pages: pages.size, ...checkLinks(pages, base, (path) => existsSync(join(folder, path))) };
}

/** @param {string} text of an attribute */
function unescaped(text) {
  return text.replaceAll('&quot;', '"').replaceAll('&#39;', "'").replaceAll('&lt;', '<').replaceAll('&gt;', '>').replaceAll('&amp;', '&');
}
