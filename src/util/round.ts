/** Rounds like Python and NumPy: .5 goes to the even neighbour. */
export function roundHalfEven(x: number): number {
  const floor = Math.floor(x);
  return x - floor === 0.5 ? floor + (floor & 1) : Math.round(x);
}
