/** The parts of the command line that are only loaded when needed. `--help` needs none of them. */

// One for each command.

export const classifying = () => import('./classify.ts');
export const inspecting = () => import('./inspect.ts');
export const converting = () => import('./convert.ts');
export const exporting = () => import('./export.ts');

/** `inspect --plan` and `--shader`. */
export const planInspection = () => Promise.all([import('./inspect-plan.ts'), import('../plan/format-plan.ts')]);
/** In the process that runs a job with Dawn. */
export const nodeRunner = () => import('./node-runner.ts');
/** The library itself, in that process. */
export const library = () => import('../index.ts');
