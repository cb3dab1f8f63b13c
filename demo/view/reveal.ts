/** Moves a box to where the visitor is looking: into the viewport, and into focus. */

/** @param box must be focusable (`tabindex="-1"` is enough) */
export function reveal(box: HTMLElement): void {
  box.focus({ preventScroll: true });
  const { top, bottom } = box.getBoundingClientRect();
  if (top >= 0 && bottom <= innerHeight) return;
  // Immediately, because a smooth scroll would not be over when the answer arrives.
  box.scrollIntoView({ block: bottom - top > innerHeight ? 'start' : 'nearest', behavior: 'instant' });
}

/** The one of these places that is nearest to a point of the viewport. Hidden ones are ignored. */
export function nearest<T extends HTMLElement>(places: readonly T[], x: number, y: number): T | undefined {
  const distance = (place: T) => {
    const { left, right, top, bottom } = place.getBoundingClientRect();
    return Math.hypot(Math.max(left - x, 0, x - right), Math.max(top - y, 0, y - bottom));
  };
  return places.filter((place) => place.offsetParent !== null).sort((a, b) => distance(a) - distance(b))[0];
}
