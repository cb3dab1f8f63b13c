/**
 * TorchScript archives (torch.jit.save), and what the generated program says about their modules. Loaded for such files. `data.pkl` has
 * the modules as objects with their tensors. Attributes of PyTorch's modules are in the program's text: as constants
 * (`stride : Final[…] = (2, 2)`) in scripted programs, as arguments in traced ones. The text is searched, not run.
 */
import { contents } from './contents.ts';
import { malformed } from './fail.ts';
import { ObjectDict } from './object-dict.ts';
import { openObjects } from './objects.ts';
import { unpickle, type Value } from './pickle.ts';
import { treeOf } from './pickled-tree.ts';
import { nestingHost } from './pytorch-legacy.ts';
import type { TensorFile } from './safetensors.ts';
import { programAttributes } from './torchscript-program.ts';
import type { ZipEntry } from './zip.ts';

interface Archive {
  root: Value;
  folder: string;
  entries: ReadonlyMap<string, ZipEntry>;
  file: string;
  find: Parameters<typeof contents>[2];
}

/** The generated text of a class has a few KB. The largest networks have a thousand classes. */
const MAX_PROGRAM_BYTES = 2 ** 24;

export async function readTorchScript({ root, folder, entries, file, find }: Archive): Promise<TensorFile> {
  const model = openObjects(root, file);
  if (entries.has(`${folder}bytecode.pkl`)) {
    throw malformed(
      file,
      'This is a PyTorch Mobile program.',
      'Pass the model that it was made from, or save its weights: torch.save(torch.jit.load(path).state_dict(), new_path).',
    );
  }
  if (treeOf(model).tensors.size === 0 && (await hasConstants(entries, folder, file))) {
    throw malformed(
      file,
      'This TorchScript program is frozen: its weights are constants of the program and have no names.',
      'Save it again without torch.jit.freeze or optimize_for_inference, or save model.state_dict() before them.',
    );
  }
  let left = MAX_PROGRAM_BYTES;
  const programs = new Map<string, string>();
  for (const object of objectsIn(model)) {
    const path = `${folder}code/${object.className.split('.').slice(0, -1).join('/')}.py`;
    const entry = entries.get(path);
    if (entry === undefined || programs.has(path) || entry.size > left) continue;
    left -= entry.size;
    programs.set(path, new TextDecoder().decode(await entry.read(0, entry.size)));
  }
  for (const object of objectsIn(model)) {
    const names = object.className.split('.');
    const program = programs.get(`${folder}code/${names.slice(0, -1).join('/')}.py`);
    if (program) Object.assign(object.attributes ?? {}, programAttributes(program, names.at(-1) ?? ''));
  }
  return contents(model, file, find);
}

async function hasConstants(entries: ReadonlyMap<string, ZipEntry>, folder: string, file: string): Promise<boolean> {
  const entry = entries.get(`${folder}constants.pkl`);
  if (entry === undefined) return false;
  const { value } = unpickle(await entry.read(0, entry.size), 0, nestingHost(file));
  return treeOf(value).tensors.size > 0;
}

function objectsIn(root: Value): Set<ObjectDict> {
  const found = new Set<ObjectDict>();
  const pending = [root];
  while (pending.length > 0) {
    const value = pending.pop();
    if (!(value instanceof ObjectDict) || found.has(value)) continue;
    found.add(value);
    pending.push(...value.values());
  }
  return found;
}
