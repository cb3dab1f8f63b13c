import { expect, it } from 'vitest';
import { unroll } from './shaders.ts';

it('writes out loops over upper-case variables, nested ones too, and leaves others', () => {
  const text =
    'for (var P = 0u; P < PIXELS; P++) { for (var G = 0u; G < 2u; G++) { sum[P * 2u + G] = at(P); } } for (var c = 0u; c < 4u; c++) { f(c); }';
  const written = unroll(text, { PIXELS: 2 }).replace(/\s+/g, '');
  expect(written).toBe(
    '{{sum[0u*2u+0u]=at(0u);}{sum[0u*2u+1u]=at(0u);}}{{sum[1u*2u+0u]=at(1u);}{sum[1u*2u+1u]=at(1u);}}for(varc=0u;c<4u;c++){f(c);}',
  );
});

it('writes out what a build leaves of them', () => {
  expect(unroll('for(var P=0u;P<3u;P++){f(P,PP);}', {}).replace(/\s+/g, '')).toBe('{f(0u,PP);}{f(1u,PP);}{f(2u,PP);}');
});

it('refuses a loop without an end', () => {
  expect(() => unroll('for (var P = 0u; P < ROWS; P++) { f(P); }', {})).toThrow('ends at ROWS');
});
