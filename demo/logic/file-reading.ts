/** How a checkpoint was read, in the page's words: where the network was found, its head, and what had to be assumed. */
import type { Assumption, ModelInfo } from '../library.ts';

export interface Choice {
  /** "Load with dilation 2". */
  text: string;
  arch: NonNullable<Assumption['alternatives'][number]['arch']>;
}

export interface Assumed {
  /** "dilation: none". */
  title: string;
  why: string;
  /** Alternatives that can be loaded with a click. */
  choices: Choice[];
  /** Alternatives that cannot be listed, or do not concern the architecture. */
  others: string[];
}

export interface FileReading {
  facts: [term: string, description: string][];
  assumed: Assumed[];
  warnings: string[];
}

/** Further names are only counted. */
const NAMED = 6;

export function fileReading({ source, assumed, warnings }: Pick<ModelInfo, 'source' | 'assumed' | 'warnings'>): FileReading {
  const facts: [string, string][] = [];
  if (source.found !== '') facts.push(['Found under', source.found]);
  if (source.others.length > 0) facts.push(['Also there', some(source.others)]);
  if (source.renamed) facts.push(['Names', 'given anew']);
  if (source.head !== '') facts.push(['Head', source.head]);
  facts.push(['Not used', source.ignored.length === 0 ? 'nothing' : `${source.ignored.length}: ${some(source.ignored)}`]);
  return { facts, assumed: assumed.map(inWords), warnings };
}

function inWords({ what, value, why, alternatives }: Assumption): Assumed {
  const choices: Choice[] = [];
  const others: string[] = [];
  for (const { value: other, arch } of alternatives) {
    if (arch) choices.push({ text: `Load with ${what} ${valueText(other)}`, arch });
    else others.push(valueText(other));
  }
  return { title: `${what}: ${valueText(value)}`, why, choices, others };
}

/** A value of a configuration in readable form. */
export function valueText(value: unknown): string {
  if (value === null || value === undefined) return 'none';
  if (typeof value === 'boolean') return value ? 'yes' : 'no';
  if (typeof value === 'string') return value;
  if (Array.isArray(value)) return value.map(valueText).join(', ');
  if (typeof value === 'object')
    return Object.entries(value)
      .map(([key, one]) => `${key} ${valueText(one)}`)
      .join(', ');
  return String(value);
}

function some(names: readonly string[]): string {
  const more = names.length - NAMED;
  return names.slice(0, NAMED).join(', ') + (more > 0 ? ` and ${more} more` : '');
}

/** Possible architectures, each described by the settings in which it differs from the others. */
export function candidateChoices(candidates: readonly object[]): Choice[] {
  const flat = candidates.map((one) => flatten(one));
  const keys = [...new Set(flat.flatMap((one) => [...one.keys()]))];
  const differ = keys.filter((key) => new Set(flat.map((one) => one.get(key))).size > 1);
  return candidates.map((arch, i) => {
    const settings = differ.map((key) => `${key.split('.').at(-1)} ${flat[i]?.get(key) ?? 'not set'}`).join(', ');
    return {
      text: `Load as ${flat[i]?.get('backbone.type') ?? flat[i]?.get('type') ?? 'this'}${settings && `: ${settings}`}`,
      arch: arch as Choice['arch'],
    };
  });
}

function flatten(config: object, path = ''): Map<string, string> {
  return new Map(
    Object.entries(config).flatMap(([key, value]): [string, string][] =>
      typeof value === 'object' && value !== null && !Array.isArray(value)
        ? [...flatten(value, `${path}${key}.`)]
        : [[path + key, valueText(value)]],
    ),
  );
}
