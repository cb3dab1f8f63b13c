/** The converted model that `npm run build:demo -- --model FOLDER` puts next to the page. Undefined without one. */

export interface OwnModel {
  name: string;
  /** Address of its manifest, relative to the page's. */
  manifest: string;
  classes?: number;
  /** Bytes of all its shards. */
  bytes: number;
}

/** Written into the page at build time (scripts/lib/own-model.mjs). */
declare const __OWN_MODEL__: OwnModel | undefined;

export const OWN_MODEL: OwnModel | undefined = typeof __OWN_MODEL__ === 'undefined' ? undefined : __OWN_MODEL__;
