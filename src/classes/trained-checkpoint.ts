/** The whole network with a trained head, as a safetensors file with the names of the model's own checkpoint. */

import type { Model, Preprocess, Tensor } from '../api/types.ts';
import { type Arch, resolveArch } from '../arch/index.ts';
import { matchCheckpoint } from '../checkpoint/match.ts';
import { backbonePrefix, checkpointKeys } from '../checkpoint/naming.ts';
import { OWN_CARD, type OwnCard } from '../checkpoint/own-card.ts';
import type { Checkpoint, NamingScheme } from '../checkpoint/types.ts';
import type { Graph, GraphNode, ParameterSpec } from '../graph/types.ts';
import { halfBits } from '../kernels/lib/half.ts';
import { type ModelParts, type ModelWeights, partsOf } from '../model/model.ts';
import { ResnetError } from '../util/errors.ts';
import type { LinearHead } from './scaling.ts';
import { type Entry, floats, safetensors } from './write-safetensors.ts';

const LAYER = 'toCheckpoint';

/** An unnamed step would get the architecture's default. */
const EVERY_STEP = { resize: null, crop: null };

/** A network as it was loaded. */
export interface Loaded {
  graph: Graph;
  name: string;
  weights: ModelWeights;
  inputSize: [number, number];
  preprocess: Preprocess;
}

/** @throws ResnetError `usage` if the network cannot end in this head, or its weights cannot be read again */
export async function checkpointWith(model: Model, head: LinearHead, labels: string[]): Promise<Uint8Array<ArrayBuffer>> {
  const { session, arch, weights } = partsOf.get(model) as ModelParts;
  const { inputSize, preprocess } = model.info;
  return withHead({ graph: session.graph(session.shape), name: arch.name, weights, inputSize, preprocess }, head, labels);
}

export async function withHead(loaded: Loaded, head: LinearHead, labels: string[]): Promise<Uint8Array<ArrayBuffer>> {
  const { graph: own, weights, inputSize, preprocess } = loaded;
  const hasHead = own.outputs.some(({ kind }) => kind === 'logits');
  const archSpec = withClasses(weights.archSpec, labels.length, hasHead, head.weight.length / labels.length);
  const headed = await resolveArch(archSpec, { numClasses: labels.length });
  const graph = headed.build(own.nodes.find(({ op }) => op === 'input')?.shape ?? []);
  const last = lastLayer(graph, own, loaded.name);
  const checkpoint = await reopened(weights);
  const { found } = matchCheckpoint(own, checkpoint, false);
  const read = new Map(found.map(({ key, tensor }) => [key, tensor]));
  const names = namesIn(checkpoint, own, graph, archSpec);
  const entries = new Map<string, Entry>();
  const write = (name: string, { shape }: ParameterSpec, data: Float32Array) =>
    entries.set(name, { dtype: 'F32', shape, bytes: floats(data) });
  for (const node of graph.nodes) {
    if (node === last) {
      const { weight, bias } = node.weights;
      if (weight) write(names.get(weight.key) ?? weight.key, weight, head.weight);
      if (bias) write(names.get(bias.key) ?? bias.key, bias, head.bias);
      continue;
    }
    const values = new Map<string, Tensor>();
    for (const [role, spec] of Object.entries(node.weights)) {
      const tensor = read.get(spec.key);
      const name = names.get(spec.key) ?? spec.key;
      // Tensors that a checkpoint may lack are derived from the others again.
      if (!tensor || entries.has(name)) continue;
      const { data, shape } = await tensor.read();
      if (tensor.dtype === 'f16') entries.set(name, { dtype: 'F16', shape, bytes: f16Bytes(data) });
      else {
        entries.set(name, { dtype: 'F32', shape, bytes: floats(data) });
        values.set(role, { data, shape });
      }
    }
    if (node.op === 'batch_norm') makeOrdinary(node as GraphNode<'batch_norm'>, values);
  }
  const card: OwnCard = {
    version: 1,
    arch: archSpec,
    numClasses: labels.length,
    inputSize,
    preprocess: { ...EVERY_STEP, ...preprocess },
    labels,
  };
  return safetensors(entries, { format: 'pt', labels: JSON.stringify(labels), [OWN_CARD]: JSON.stringify(card) });
}

/** The architecture with a head of this many classes. */
function withClasses(arch: Arch, classes: number, hasHead: boolean, width: number): Arch {
  if (typeof arch === 'string') return arch;
  if ('library' in arch) return { ...arch, num_classes: classes };
  if (arch.type === 'CifarResNet') return { ...arch, num_classes: classes };
  const head = { type: 'LinearClsHead', num_classes: classes, in_channels: width };
  const neck = { type: 'GlobalAveragePooling' };
  if (arch.type !== 'ImageClassifier') return { type: 'ImageClassifier', backbone: arch, neck, head } as Arch;
  const { head: old, ...rest } = arch as unknown as Record<string, unknown> & { head?: Record<string, unknown> };
  // Other heads with one linear layer interpret logits differently. This one is for softmax.
  const kept = hasHead && old?.type !== 'MultiLabelLinearClsHead' ? { ...old, num_classes: classes } : head;
  return { neck, ...rest, head: kept } as unknown as Arch;
}

/** The single linear layer from the embedding to the logits. */
function lastLayer(graph: Graph, own: Graph, name: string): GraphNode {
  const byName = new Map(graph.nodes.map((node) => [node.name, node]));
  const pooled = graph.outputs.find(({ kind }) => kind === 'pooled')?.node;
  const path: GraphNode[] = [];
  for (let at = graph.outputs.find(({ kind }) => kind === 'logits')?.node; at !== undefined && at !== pooled; at = path.at(-1)?.inputs[0]) {
    const node = byName.get(at);
    if (!node) break;
    path.push(node);
  }
  const weighty = path.filter(({ weights }) => Object.keys(weights).length > 0);
  const [last] = weighty;
  const linear = last && weighty.length === 1 && last.op === 'linear';
  const inputs: readonly string[] = path.at(-1)?.inputs ?? [];
  if (!linear || !inputs.includes(pooled ?? '')) {
    const layers = weighty.map((node) => node.name).reverse();
    throw refused(
      `The head of ${name} is ${layers.length ? layers.join(', ') : 'none'}: more than one linear map, so no single layer can take its place.`,
      'Keep toJSON() with this model, or load the backbone with head: none.',
    );
  }
  // A backbone's embedding is the mean of its last map. The head must read the same.
  const end = own.outputs.find(({ kind }) => kind === 'pooled') ? undefined : own.outputs.findLast(({ kind }) => kind === 'feature')?.node;
  if (end !== undefined && byName.get(pooled ?? '')?.inputs[0] !== end) {
    throw refused(
      `The embedding is the mean of ${end}, and the head of ${name} reads another map.`,
      'Load it with all of its stages (out_indices).',
    );
  }
  if (last.weights.bias === undefined)
    throw refused(`The head of ${name} has no bias, and the trained one needs it.`, 'Load the model with another head.');
  return last;
}

/**
 * File names by canonical key: those of the model's file. If it has no head, plain names (`conv1`, `layer1.0.bn1`) are common to many
 * libraries. Then the first matching library decides the head's name: `fc`, unless the architecture is OpenMMLab's.
 */
function namesIn(checkpoint: Checkpoint, own: Graph, graph: Graph, archSpec: Arch): Map<string, string> {
  const { scheme } = matchCheckpoint(own, checkpoint, false);
  const prefix = backbonePrefix(checkpoint.tensors.keys());
  const has = (key: string) => checkpoint.tensors.has(key);
  const ofFile = checkpointKeys(graph, scheme, has, prefix);
  const known = [...ofFile].filter(([key]) => !key.startsWith('head.'));
  if ([...ofFile].some(([key, name]) => key.startsWith('head.') && has(name))) return ofFile;
  const openMmLab = typeof archSpec === 'object' && !('library' in archSpec) && archSpec.type !== 'CifarResNet';
  const first: NamingScheme[] = openMmLab ? ['mmpretrain'] : ['torchvision', 'timm'];
  for (const other of [...first, scheme]) {
    const names = checkpointKeys(graph, other, has, prefix);
    if (!known.every(([key, name]) => names.get(key) === name)) continue;
    // Only OpenMMLab's classifiers have backbone and head as siblings.
    return openMmLab ? names : new Map([...names].map(([key, name]) => [key, name.startsWith(prefix) ? name.slice(prefix.length) : name]));
  }
  return ofFile;
}

async function reopened(weights: ModelWeights): Promise<Checkpoint> {
  try {
    return await weights.reopenCheckpoint();
  } catch (error) {
    if (!(error instanceof ResnetError && error.code === 'device-lost')) throw error;
    throw refused('The weights came from a stream, which cannot be read again.', 'Load the model from an address, a file or bytes.');
  }
}

/**
 * Converted models represent folded norms by a scale of 2^30 and a variance of 2^60 (docs/convert.md), which would ruin any training.
 * 1 and 1 - eps are off by 3e-8.
 */
function makeOrdinary({ attributes: { eps } }: GraphNode<'batch_norm'>, values: ReadonlyMap<string, Tensor>): void {
  const [scale, variance] = [values.get('weight')?.data, values.get('running_var')?.data];
  if (!scale?.every((x) => x === 2 ** 30) || !variance?.every((x) => x === 2 ** 60)) return;
  scale.fill(1);
  variance.fill(1 - eps);
}

function f16Bytes(data: Float32Array): Uint8Array {
  return new Uint8Array(Uint16Array.from(data, halfBits).buffer);
}

function refused(what: string, hint: string): ResnetError {
  return new ResnetError('usage', what, { layer: LAYER, hint });
}
