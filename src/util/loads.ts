/** Counts the loads on this page. Work that can wait does so until there are none. */

let underWay = 0;
let waiting: (() => void)[] = [];

/** Registers a load. Call the returned function when it is done. */
export function beginLoad(): () => void {
  underWay++;
  return () => {
    if (--underWay > 0) return;
    for (const go of waiting) go();
    waiting = [];
  };
}

/** Resolves when no model is loading. */
export async function quiet(): Promise<void> {
  while (underWay > 0) await new Promise<void>((resolve) => waiting.push(resolve));
}
