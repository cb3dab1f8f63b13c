/** What is found out about a GPU's kernels. */

/**
 * Kernels with their variants, of the plan for the loaded input size and outputs; another batch or size may choose others. Those that were
 * right on an earlier visit are in none of the lists, and those that were wrong then are left out from the start: `warnings` names them.
 */
export interface Verified {
  /** Right now, twice. */
  checked: string[];
  /** Wrong, and replaced: `warnings` says by what. */
  replaced: string[];
  /** Without a small case, or wrong whatever stands in: `warnings` says so. */
  unchecked: string[];
}
