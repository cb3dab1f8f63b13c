/**
 * Objects in a pickle as plain dicts. A module becomes its parameters, buffers and modules, as in `state_dict()`. Any other object
 * becomes its attributes. Loaded for files that contain objects.
 */
import { fromNumpy } from './numpy-array.ts';
import { ObjectDict } from './object-dict.ts';
import { Opaque, type Value } from './pickle.ts';
import { TorchTensor } from './torch-pickle.ts';

/** Limit of numbers in an attribute. A list of block counts fits, a list of samples does not. */
const MAX_ATTRIBUTE_ITEMS = 64;

/**
 * Replaces every object in the tree, in place. Classes, functions and empty objects stay as they are. There is no recursion, and what
 * is shared stays shared.
 */
export function openObjects(root: Value, file: string): Value {
  const opened = new Map<Opaque, Value>();
  const pending: (Value[] | Map<Value, Value>)[] = [];
  const seen = new Set<Value>();
  const open = (value: Value): Value => {
    let result = value;
    if (value instanceof Opaque) {
      // Registered before its content is read, because an object may contain itself.
      if (!opened.has(value)) opened.set(value, fromNumpy(value, file) ?? dictOf(value) ?? value);
      result = opened.get(value);
    }
    if ((Array.isArray(result) || result instanceof Map) && !seen.has(result)) {
      seen.add(result);
      pending.push(result);
    }
    return result;
  };
  const whole = open(root);
  for (let next = pending.pop(); next; next = pending.pop()) {
    if (Array.isArray(next)) for (let i = 0; i < next.length; i++) next[i] = open(next[i]);
    else for (const [key, value] of next) if (typeof value === 'object' && value !== null) next.set(key, open(value));
  }
  return whole;
}

function dictOf(object: Opaque): Value {
  const { name, args, state, items, entries } = object;
  // Tensors of unsupported kinds keep their name, for the message.
  if ((args === undefined && state === undefined) || SETS.includes(name) || /^torch\._(utils|tensor)\._rebuild/.test(name))
    return undefined;
  // __slots__: (dict or None, slots).
  const states = (Array.isArray(state) ? state : [state]).filter((part) => part instanceof Map);
  const attributes = states.length > 1 ? new Map(states.flatMap((part) => [...part])) : states[0];
  if (attributes && isModule(attributes)) return moduleDict(name, attributes);
  if (attributes && name.startsWith('__torch__.')) return scriptDict(name, attributes);
  // A module wrapped by a call (torch.compile) is in its arguments.
  const content = new Map<Value, Value>([...(attributes ?? (args ?? []).entries()), ...(entries ?? [])]);
  if (items && content.size === 0) return items;
  for (const [key, value] of content) if (typeof value !== 'object' && attributes === undefined && !entries?.has(key)) content.delete(key);
  return content.size > 0 ? new ObjectDict(name, content) : undefined;
}

/** Sets stay objects. For a list of labels, order would wrongly seem to have a meaning. */
const SETS = ['builtins.set', 'builtins.frozenset'];

function membersOf(value: Value): Value[] {
  if (!(value instanceof Opaque) || !SETS.includes(value.name)) return [];
  const [first] = value.args ?? [];
  return value.items ?? (Array.isArray(first) ? first : []);
}

function isModule(state: Map<Value, Value>): boolean {
  return state.get('_parameters') instanceof Map && state.get('_modules') instanceof Map;
}

function moduleDict(name: string, state: Map<Value, Value>): ObjectDict {
  const part = (key: string) => {
    const found = state.get(key);
    return found instanceof Map ? [...found] : [];
  };
  const dropped = membersOf(state.get('_non_persistent_buffers_set'));
  const buffers = part('_buffers').filter(([key]) => !dropped.includes(key));
  const content = [...part('_parameters'), ...buffers, ...part('_modules')].filter(([, value]) => value !== null);
  return new ObjectDict(name, new Map(content), plainAttributes(state));
}

/** TorchScript makes no such difference: tensors and modules are among the attributes. */
function scriptDict(name: string, state: Map<Value, Value>): ObjectDict {
  const content = [...state].filter(([, value]) => value instanceof TorchTensor || value instanceof Opaque);
  return new ObjectDict(name, new Map(content), plainAttributes(state));
}

function plainAttributes(state: Map<Value, Value>): Record<string, unknown> {
  const found: [string, unknown][] = [];
  for (const [key, value] of state) {
    if (typeof key === 'string' && !key.startsWith('_') && isPlain(value)) found.push([key, value]);
  }
  // Not by assignment, because `__proto__` would set the prototype.
  return Object.fromEntries(found);
}

function isPlain(value: Value): boolean {
  if (Array.isArray(value)) return value.length <= MAX_ATTRIBUTE_ITEMS && value.every((item) => isScalar(item));
  return isScalar(value);
}

function isScalar(value: Value): boolean {
  return value === null || typeof value === 'number' || typeof value === 'string' || typeof value === 'boolean';
}
