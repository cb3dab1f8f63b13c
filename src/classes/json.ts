/** Classes as plain JSON, and back. */

import type { Model } from '../api/types.ts';
import { ResnetError } from '../util/errors.ts';
import { floatsFromBase64, floatsToBase64 } from './base64.ts';
import { checkProbe } from './model-probe.ts';
import type { TrainedHead } from './train.ts';
import type { ClassesJSON } from './types.ts';

export interface Kept {
  classes: { label: string; rows: Float32Array[] }[];
  head?: TrainedHead;
}

export function toJson({ info }: Model, probe: Float32Array, { classes, head }: Kept): ClassesJSON {
  const { arch, embeddingLength, preprocess } = info;
  return {
    format: 'resnet-webgpu-classes',
    version: 1,
    model: { arch, embeddingLength, preprocess, probe: floatsToBase64(probe) },
    classes: classes.map(({ label, rows }) => ({ label, images: rows.map(floatsToBase64) })),
    ...(head && { head: { weight: floatsToBase64(head.weight), bias: floatsToBase64(head.bias), penalty: head.penalty } }),
  };
}

/** @throws ResnetError `usage` for something else, damaged data, or another network */
export function fromJson({ info }: Model, probe: Float32Array, json: ClassesJSON): Kept {
  const { format, version, model, classes, head } = (typeof json === 'object' && json) || ({} as Partial<ClassesJSON>);
  if (format !== 'resnet-webgpu-classes') throw wrong('It is not what toJSON() gives', 'Pass the object, not its text: JSON.parse(text).');
  if (version !== 1) throw wrong(`It has version ${String(version)}, but this library reads 1`, 'Update the library.');
  const { embeddingLength: length, arch } = info;
  checkProbe(probe, floatsFromBase64(model?.probe, model?.embeddingLength ?? 0), 'classes', arch, String(model?.arch));
  if (!Array.isArray(classes)) throw wrong('It has no list of classes');
  const seen = new Set<string>();
  const kept = classes.map((one, c) => {
    const { label, images } = one ?? {};
    if (typeof label !== 'string' || seen.has(label)) throw wrong(`Class ${c} has no name of its own`);
    seen.add(label);
    const rows = (Array.isArray(images) ? images : []).map((text, i) => {
      const row = floatsFromBase64(text, length);
      if (!row) throw wrong(`Image ${i} of '${label}' is not ${length} numbers`);
      return row;
    });
    return { label, rows };
  });
  if (!head) return { classes: kept };
  const weight = floatsFromBase64(head.weight, kept.length * length);
  const bias = floatsFromBase64(head.bias, kept.length);
  if (!weight || !bias || !(head.penalty > 0)) throw wrong(`The head is not one of ${kept.length} classes and ${length} features`);
  return { classes: kept, head: { weight, bias, penalty: head.penalty } };
}

function wrong(what: string, hint = 'Save it again with toJSON().'): ResnetError {
  return new ResnetError('usage', `${what}.`, { layer: 'classes', hint });
}
