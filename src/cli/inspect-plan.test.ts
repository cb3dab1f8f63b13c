import { afterEach, describe, expect, it, vi } from 'vitest';
import { indented } from './inspect-plan.ts';
import { main } from './main.ts';

async function run(...args: string[]): Promise<{ code: number; out: string; error: string }> {
  const written = (stream: NodeJS.WriteStream) => vi.spyOn(stream, 'write').mockImplementation(() => true).mock.calls;
  const [out, error] = [written(process.stdout), written(process.stderr)];
  const code = await main(['inspect', ...args]);
  return { code, out: out.join(''), error: error.join('') };
}

afterEach(() => void vi.restoreAllMocks());

describe('inspect --plan', () => {
  // The number of dispatches on each GPU, by the GPU's name.
  it.each([
    ['rx 6800', 89],
    ['van gogh', 72],
    ['intel', 84],
    ['arc a770', 99],
    ['nvidia', 89],
  ])('lists what %s runs of ResNet-50: %i dispatches', async (gpu, dispatches) => {
    const { code, out } = await run('resnet50', '--plan', '--gpu', gpu);
    expect(code).toBe(0);
    expect(out).toContain(`\n${dispatches} dispatches in f32, 4.089 GMACs\n`);
    expect(out).toMatch(/^ +0 {2}conv1 +conv1 \+ bn1 \+ relu +stem\S* \S+ +1x64x112x112 +\d+x\d+x\d+ .* input 0 @0 +arena \d+ @\d+$/m);
  });

  it('says what each dispatch reads and writes, and where', async () => {
    const { out } = await run('cifar_resnet20', '--plan', '--gpu', 'mobile');
    const [head = '', , ...rows] = out.split('\n').filter((line) => /^\s*(#|-|\d)/.test(line));
    expect(head.trim().split(/\s{2,}/)).toEqual([
      '#',
      'layer',
      'computes',
      'kernel',
      'output',
      'workgroups',
      'KiB read',
      'KiB written',
      'MMACs',
      'reads from',
      'writes to',
    ]);
    // 16 channels of 32x32 in float32, and the weights: (16 * 9 + 1) * 16 numbers.
    const row = rows.find((line) => line.includes('layer1.0.conv1')) ?? '';
    expect(row).toMatch(/ 73\.1 +64\.0 +2\.36 +arena \d @\d+ +arena \d @\d+$/);
    expect(out).toMatch(/arena {4}\d+\.\d\d MiB in \d buffers:\n {2}arena 0 {2}\d+ bytes, \d+ values by turns/);
  });

  it('gives the same as JSON', async () => {
    const { plan } = JSON.parse((await run('resnet18', '--plan', '--gpu', 'amd', '--json')).out);
    expect(plan.steps[0]).toMatchObject({ layer: 'conv1', dispatch: { kernel: 'stem' } });
    expect(plan.steps[0].dispatch.shader).toBeUndefined();
    expect(plan.arena.length).toBeGreaterThan(1);
  });

  it.each([
    [['resnet18', '--plan', '--gpu', 'abacus'], /^error: --gpu must be amd, .* not “abacus”\./],
    [['resnet18', '--gpu', 'amd'], /^error: --gpu and --precision need --plan or --shader/],
    [['resnet18', '--plan', '--shader', 'conv1'], /^error: inspect prints a --plan or a --shader, not both\./],
    [['resnet18', '--plan', '--precision', 'f8'], /^error: --precision must be f32 or f16/],
  ])('refuses %j', async (args, words) => {
    const { code, error } = await run(...args);
    expect(error).toMatch(words);
    expect(code).toBe(2);
  });
});

describe('inspect --shader', () => {
  it.each(['amd', 'intel', 'nvidia', 'apple', 'mobile', 'software'])('prints what %s gets, and nothing else', async (gpu) => {
    const { code, out } = await run('resnet50', '--shader', 'layer1.0.conv1', '--gpu', gpu);
    expect(code).toBe(0);
    expect(out).toMatch(/^\/\/ conv\S* \S+, f32, \d+x\d+x\d+ workgroups\n\/\/ binding 0: step\b/);
    expect(out.match(/@compute/g)).toHaveLength(1);
    expect(out).toContain('fn main(');
  });

  it('finds a layer by what is computed with it, with all of its dispatches', async () => {
    const { out } = await run('resnet50', '--shader', 'layer1.0.bn2', '--gpu', 'rx 6800');
    expect(out.match(/^\/\/ \S+ (?=.* workgroups$)/gm)).toEqual([
      '// winograd-weights ',
      '// winograd-input ',
      '// conv ',
      '// winograd-output ',
    ]);
  });

  it('names the layers nearest to one that is not there', async () => {
    const { code, error } = await run('resnet50', '--shader', 'layer1.0.con1');
    expect(error).toMatch(/^error: \[layer1\.0\.con1\] no dispatch .* Similar names are layer1\.0\.conv1, /);
    expect(code).toBe(1);
  });
});

describe('indented', () => {
  it('gives lines and margins to a shader of one line', () => {
    expect(indented('fn f(a:u32){for(var i=0u;i<4u;i++){if(a>i){return;}else{b(a);}}}fn g(){}')).toEqual([
      'fn f(a:u32){',
      '  for(var i=0u;i<4u;i++){',
      '    if(a>i){',
      '      return;',
      '    } else{',
      '      b(a);',
      '    }',
      '  }',
      '}',
      'fn g(){}',
    ]);
  });

  it('leaves comments and heads of loops on their lines', () => {
    const text = 'fn f() {\n  // First; then {.\n  for (var i = 0u; i < (n & 1u); i++) {\n    a(i); // (b;\n  }\n}';
    expect(indented(text)).toEqual(text.split('\n'));
  });
});
