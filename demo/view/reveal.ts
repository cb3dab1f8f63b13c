/** Brings a box to where the visitor looks: into the viewport, and into focus. */

/** @param box focusable (`tabindex="-1"` is enough) */
export function reveal(box: HTMLElement): void {
  box.focus({ preventScroll: true });
  const { top, bottom } = box.getBoundingClientRect();
  if (top >= 0 && bottom <= innerHeight) return;
  // Immediately: a smooth scroll would still be under way when the answer is there.
  box.scrollIntoView({ block: bottom - top > innerHeight ? 'start' : 'nearest', behavior: 'instant' });
}

/** Of these places, the one that is nearest to a point of the viewport, hidden ones left out. */
export function nearest<T extends HTMLElement>(places: readonly T[], x: number, y: number): T | undefined {
  const distance = (place: T) => {
    const { left, right, top, bottom } = place.getBoundingClientRect();
    return Math.hypot(Math.max(left - x, 0, x - right), Math.max(top - y, 0, y - bottom));
  };
  return places.filter((place) => place.offsetParent !== null).sort((a, b) => distance(a) - distance(b))[0];
}
