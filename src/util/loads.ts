/** Loads under way on this page. What can wait does so until there are none. */

let underWay = 0;
let waiting: (() => void)[] = [];

/** Begins one; to be called again when it is over. */
export function beginLoad(): () => void {
  underWay++;
  return () => {
    if (--underWay > 0) return;
    for (const go of waiting) go();
    waiting = [];
  };
}

/** When no model loads. */
export async function quiet(): Promise<void> {
  while (underWay > 0) await new Promise<void>((resolve) => waiting.push(resolve));
}
