/** Kinds of files and pasted texts, from their names and types alone. Pure. */

export interface NamedFile {
  readonly name: string;
  readonly type: string;
}

export type Sorted<F> =
  | { kind: 'checkpoint'; files: F[] }
  | { kind: 'photos'; files: F[] }
  | { kind: 'video' | 'labels'; file: F }
  | { kind: 'refused'; what: string; remedy: string };

const CHECKPOINT = /\.(safetensors|pth|pt|pt2|th|bin|tar|ckpt|npz|pkl|pickle|joblib)$/i;
/** Files that come with weights: manifests, cards and indices. */
const BESIDE = /(^|\/)(manifest|config|preprocessor_config|model|[\w.-]+\.index)\.json$/i;
const LABELS = /\.(txt|json|csv|names)$/i;
const IMAGE = /\.(png|jpe?g|jfif|webp|avif|gif|bmp|svg|ico|tiff?|heic|heif)$/i;
const VIDEO = /\.(mp4|m4v|mov|webm|mkv|ogv)$/i;

/** Files of other runtimes, by extension. They are not PyTorch's. */
const OTHER_FORMATS: Record<string, string> = {
  onnx: 'an ONNX model',
  ort: 'an ONNX Runtime model',
  tflite: 'a TensorFlow Lite model',
  pb: 'a TensorFlow model',
  h5: 'a Keras model',
  keras: 'a Keras model',
  gguf: 'a GGUF model',
  mlmodel: 'a Core ML model',
  engine: 'a TensorRT engine',
  xml: 'an OpenVINO model',
};

const extension = (name: string) => /\.([^./]+)$/.exec(name)?.[1]?.toLowerCase() ?? '';

export const isPhoto = ({ name, type }: NamedFile) => type.startsWith('image/') || (type === '' && IMAGE.test(name));
const isVideo = ({ name, type }: NamedFile) => type.startsWith('video/') || (type === '' && VIDEO.test(name));

/** The most specific kind counts: a checkpoint among photos is what its owner wants to load. */
export function sortFiles<F extends NamedFile>(files: readonly F[]): Sorted<F> | undefined {
  const weights = files.filter(({ name }) => CHECKPOINT.test(name));
  if (weights.length > 0) return { kind: 'checkpoint', files: files.filter(({ name }) => CHECKPOINT.test(name) || BESIDE.test(name)) };
  const photos = files.filter(isPhoto);
  if (photos.length > 0) return { kind: 'photos', files: photos };
  const video = files.find(isVideo);
  if (video) return { kind: 'video', file: video };
  const other = files.find(({ name }) => OTHER_FORMATS[extension(name)]);
  if (other) {
    return {
      kind: 'refused',
      what: `${other.name} is ${OTHER_FORMATS[extension(other.name)]}, not a PyTorch checkpoint.`,
      remedy:
        'Take the checkpoint that it was made from, or save one in Python: torch.save(model.state_dict(), "model.pth"). This page reads .safetensors, .pth, .pt and .th.',
    };
  }
  const labels = files.find(({ name }) => LABELS.test(name));
  if (labels) return { kind: 'labels', file: labels };
  const [first] = files;
  return (
    first && {
      kind: 'refused',
      what: `${first.name} is neither a photo nor a checkpoint.`,
      remedy: 'Choose an image (PNG, JPEG, WebP, AVIF, SVG …), a video, or a .safetensors, .pth, .pt or .th file.',
    }
  );
}

export type PastedText = { kind: 'photo' | 'network' | 'unknown'; address: string };

/** What a pasted text refers to. Undefined for a text that is not an address. For `unknown`, the server's response tells. */
export function sortText(text: string): PastedText | undefined {
  const address = text.trim();
  if (/\s/.test(address) || !/^(https?:\/\/|hf:|data:image\/)./i.test(address)) return undefined;
  if (/^data:/i.test(address)) return { kind: 'photo', address };
  const path = address.replace(/[?#].*$/, '');
  if (/^hf:/i.test(address) || CHECKPOINT.test(path) || /\/manifest\.json$/i.test(path)) return { kind: 'network', address };
  if (IMAGE.test(path)) return { kind: 'photo', address };
  return { kind: 'unknown', address };
}
