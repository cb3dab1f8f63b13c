/** Names of networks or of weights where an address of weights is expected. Fetched if there is such a word. */
import { defaultCheckpoint, nameOf } from '../arch/listing.ts';
import { type NamedArch, namedArch } from '../arch/names.ts';
import { publishedCheckpoints } from '../arch/published.ts';
import { ResnetError } from '../util/errors.ts';

/** Other libraries' words for weights: torchvision's enum members, and words for "pretrained". */
const WEIGHTS = /^(default|pretrained|imagenet(1k|21k|22k)?(_\w+)?|true)$/i;

/**
 * The library has no weights of its own. timm's are on the Hub.
 * @param arch what the caller gave besides
 * @returns the error for a word that is a name, undefined for any other word
 */
export function bareName(word: string, arch: unknown): ResnetError | undefined {
  const [, , member = word] = /^(\w+)_Weights\.(\w+)$/.exec(word) ?? [];
  const named = known(member === word ? word.replace(/^timm\//i, '') : word);
  const isWeights = WEIGHTS.test(member);
  if (!named && !isWeights) return undefined;
  const network = named ?? (typeof arch === 'string' ? known(arch) : undefined);
  const what =
    named && !isWeights ? `'${word}' is the name of an architecture, not of weights.` : `'${word}' names weights of another library.`;
  const hub = network && published(network, member);
  return new ResnetError('usage', what, {
    layer: 'weights',
    hint: hub
      ? `Write loadModel('hf:timm/${hub}') for weights on the Hugging Face Hub, or give the address of your own: loadModel({ arch: '${network.base}', weights: 'model.pth' }). A folder of that name is './${word}/'.`
      : "Give the address of a checkpoint, or 'hf:owner/name' for one of the Hugging Face Hub; listModels('*', { pretrained: true }) lists timm's.",
  });
}

function known(name: string): NamedArch | undefined {
  try {
    return namedArch(name);
  } catch {
    return undefined;
  }
}

/** The intended checkpoint, otherwise the nearest one that exists. */
function published({ base, source, tag }: NamedArch, member: string): string | undefined {
  const own = [...publishedCheckpoints()].filter((one) => one.base === timmName(base));
  const wanted = source === 'timm' && tag ? tag : /v2$/i.test(member) ? 'tv2_in1k' : /v1$/i.test(member) ? 'tv_in1k' : undefined;
  const found = own.find((one) => one.tag === wanted) ?? defaultCheckpoint(timmName(base));
  return found && nameOf(found);
}

/** timm's name of torchvision's RegNets (`regnet_y_1_6gf`: `regnety_016`) and MMPretrain's networks; else the same. */
function timmName(base: string): string {
  const [, kind, whole = '', tenth = '', unit] = /^regnet_?([xy])_(\d+)(?:[._](\d))?(mf|gf)$/i.exec(base) ?? [];
  if (!kind) return base.replace(/_\d+xb\d+.*$/, '').replace(/^resnetv1d(\d+)$/, 'resnet$1d');
  const tenths = unit === 'gf' ? Number(whole) * 10 + Number(tenth || 0) : Number(whole) / 100;
  return `regnet${kind}_${String(tenths).padStart(3, '0')}`;
}
