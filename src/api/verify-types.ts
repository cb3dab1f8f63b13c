/** What is found out about a GPU's kernels. */

/** Kernels with their variants. Those that were right on an earlier visit are in none of the lists. */
export interface Verified {
  /** Right now, twice. */
  checked: string[];
  /** Wrong, and replaced: `warnings` says by what. */
  replaced: string[];
  /** Without a small case, or wrong whatever stands in. */
  unchecked: string[];
}
