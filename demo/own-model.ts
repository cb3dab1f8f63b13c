/** The converted model that `npm run build:demo -- --model FOLDER` puts beside the page; undefined without one. */

export interface OwnModel {
  name: string;
  /** Address of its manifest, from the page's. */
  manifest: string;
  classes?: number;
  /** Of all its shards. */
  bytes: number;
}

/** Written into the page when it is built (scripts/lib/own-model.mjs). */
declare const __OWN_MODEL__: OwnModel | undefined;

export const OWN_MODEL: OwnModel | undefined = typeof __OWN_MODEL__ === 'undefined' ? undefined : __OWN_MODEL__;
