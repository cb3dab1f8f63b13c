import { expect, it } from 'vitest';
import { atTheirPlaces } from './documents.mjs';

it('says where in a document an error is', () => {
  const output = [
    "docs~export.md~9.ts(1,46): error TS1005: ';' expected.",
    '../app/documents/dist~types~model~load.d.ts~12.ts(3,2): error',
    'main.ts(1,2): error',
  ];
  expect(atTheirPlaces(output.join('\n')).split('\n')).toEqual([
    "docs/export.md:9:46: error TS1005: ';' expected.",
    'dist/types/model/load.d.ts:14:2: error',
    'main.ts(1,2): error',
  ]);
});
