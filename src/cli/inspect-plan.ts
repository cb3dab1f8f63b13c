/** `resnet-webgpu inspect --plan` and `--shader`: what would run on a GPU, which need not be present. */

import { completeProfile } from '../gpu/complete-profile.ts';
import { describeAdapter, deviceProfile } from '../gpu/device-profile.ts';
import type { Graph } from '../graph/types.ts';
import { opsFor } from '../kernels/families.ts';
import type { DeviceProfile, Dispatch, Precision } from '../kernels/lib/kernel.ts';
import { shaderText } from '../kernels/lib/shaders.ts';
import { makePlan } from '../plan/plan.ts';
import type { Plan } from '../plan/types.ts';
import { ResnetError } from '../util/errors.ts';
import { distance } from '../util/spelling.ts';
import { UsageError } from './command-line.ts';

/** What a browser says about an adapter of this class: the vendor and little else. */
const CLASSES: Record<DeviceProfile['name'], Partial<GPUAdapterInfo>> = {
  amd: { vendor: 'amd' },
  intel: { vendor: 'intel' },
  nvidia: { vendor: 'nvidia' },
  apple: { vendor: 'apple' },
  mobile: { vendor: 'arm' },
  software: { vendor: 'google', architecture: 'swiftshader' },
  unknown: {},
};

/** WebGPU's default limit, which every device has. */
const MAX_BUFFER_BYTES = 2 ** 28;

/**
 * @param gpu one of the classes, or an adapter's name: 'rx 6800'
 * @throws UsageError for a name that is not recognised
 */
export async function planFor(graph: Graph, gpu: string, precision: Precision): Promise<{ plan: Plan; profile: DeviceProfile }> {
  const isClass = (name: string): name is DeviceProfile['name'] => Object.hasOwn(CLASSES, name);
  const adapter = describeAdapter(isClass(gpu) ? CLASSES[gpu] : { description: gpu });
  if (!isClass(gpu) && deviceProfile(adapter).name === 'unknown') {
    throw new UsageError(`--gpu must be ${Object.keys(CLASSES).join(', ')}, or the name of a GPU such as “rx 6800”, not “${gpu}”.`);
  }
  const profile = await completeProfile(adapter, precision, { f16: true, quads: true });
  const head = graph.outputs.filter(({ kind }) => kind === 'logits');
  const outputs = (head.length > 0 ? head : graph.outputs).map(({ node }) => node);
  const plan = makePlan(graph, { ops: await opsFor(graph), precision, profile, outputs, maxBufferBytes: MAX_BUFFER_BYTES });
  return { plan, profile };
}

export function planTitle({ name, computeUnits }: DeviceProfile, gpu: string): string {
  return `Plan for ${gpu === name ? `a GPU of the class ${name}` : `${gpu} (class ${name})`}, ${computeUnits} compute units assumed`;
}

/** The plan's numbers, without shader texts. */
export function planFacts({ precision, steps, tensors, weights, derived, arena, inputs, outputs }: Plan): object {
  const brief = ({ kernel, variant, constants, bindings, uniforms, workgroups }: Dispatch) => ({
    kernel,
    variant,
    constants,
    bindings,
    uniforms,
    workgroups,
  });
  return {
    precision,
    steps: steps.map(({ dispatch, ...step }) => ({ ...step, dispatch: brief(dispatch) })),
    tensors,
    weights: weights.map(({ layer, byteLength }) => ({ layer, byteLength })),
    derived: derived.map(({ layer, byteLength, dispatch }) => ({ layer, byteLength, dispatch: brief(dispatch) })),
    arena,
    inputs,
    outputs,
  };
}

/** The shaders of all dispatches of a layer, in order. Those that derive its weights come first. */
export function shaderLines({ steps, derived }: Plan, layer: string): string[] {
  const layers = new Set(steps.filter((step) => step.layer === layer || step.nodes.includes(layer)).map((step) => step.layer));
  const found = [...derived, ...steps].filter((one) => layers.has(one.layer));
  if (found.length === 0) {
    const names = [...new Set(steps.flatMap((step) => [step.layer, ...step.nodes]))];
    const near = names.sort((a, b) => distance(a, layer) - distance(b, layer)).slice(0, 3);
    throw new ResnetError('usage', 'no dispatch of the plan computes a layer of this name.', {
      layer,
      hint: `Similar names are ${near.join(', ')}; --plan lists all.`,
    });
  }
  return found.flatMap(({ dispatch }) => [
    `// ${dispatch.kernel} ${dispatch.variant}, ${dispatch.precision}, ${dispatch.workgroups.join('x')} workgroups`,
    `// binding 0: step, ${Object.entries(dispatch.uniforms)
      .map(([name, value]) => `${name} ${value}`)
      .join(', ')}`,
    ...dispatch.bindings.map((access, i) => `// binding ${i + 1}: ${access}`),
    ...indented(shaderText(dispatch)),
    '',
  ]);
}

/** A built shader is a single line. This restores line breaks and indentation. Comments stay unchanged. */
export function indented(text: string): string[] {
  let depth = 0;
  return brokenIntoLines(text).map((line) => {
    const code = line.trim();
    const closes = /^[})]*/.exec(code)?.[0].length ?? 0;
    const margin = Math.max(0, depth - closes);
    for (const character of code.replace(/\/\/.*/, '')) depth += { '{': 1, '}': -1 }[character] ?? 0;
    return code === '' ? '' : `${'  '.repeat(margin)}${code}`;
  });
}

/** A line ends after each statement and around each brace, unless a comment or `else` follows. */
function brokenIntoLines(text: string): string[] {
  let out = '';
  let parentheses = 0;
  const pieces = text.split(/(\/\/[^\n]*|[(){};])/);
  pieces.forEach((piece, i) => {
    const next = pieces.slice(i + 1).find((other) => other !== '') ?? '';
    parentheses += { '(': 1, ')': -1 }[piece] ?? 0;
    if (piece === '}' && /[^\s{]$/.test(out)) out += '\n';
    out += piece;
    const ends = piece === '{' || piece === '}' || (piece === ';' && parentheses === 0);
    if (piece === '}' && next.startsWith('else')) out += ' ';
    else if (ends && !(piece === '{' && next === '}') && !/^[ \t]*(\n|$|\/\/|else\b|[;,)])/.test(next)) out += '\n';
  });
  return out.split('\n');
}
