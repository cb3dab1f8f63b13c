/** Results of checking a GPU's kernels. */

/**
 * Kernels with their variants, in the plan for the loaded input size and outputs. Other sizes or batches may use others. Kernels that were right
 * on an earlier visit are not listed. Those that were wrong then are avoided from the start, and `warnings` names them.
 */
export interface Verified {
  /** Checked, and right every time. */
  checked: string[];
  /** Wrong and replaced. `warnings` names the replacement. */
  replaced: string[];
  /** Without a small case, or wrong with every replacement. `warnings` says so. */
  unchecked: string[];
}
