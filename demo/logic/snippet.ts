/** What the visitor just did, as code for their own page. Pure. */
import type { ModelSource } from '../library.ts';

export const LANGUAGES = ['JavaScript', 'TypeScript', 'React'] as const;
export type Language = (typeof LANGUAGES)[number];

/** What was done: with which network, in which precision, to what. */
export interface Done {
  source: ModelSource;
  /** Name of the weights' file, if they are from a file. */
  file?: string;
  precision: 'f32' | 'f16';
  what: 'photo' | 'camera' | 'folder';
}

const quoted = (text: string) => `'${text.replaceAll('\\', '\\\\').replaceAll("'", "\\'")}'`;

/** The form in a program: addresses unchanged, files by their name, labels from a file. */
function sourceText({ source, file }: Done): string {
  if (typeof source === 'string') return quoted(source);
  if (source instanceof URL) return quoted(source.href);
  const { arch, weights, labels } = source;
  const where = typeof weights === 'string' ? weights : weights instanceof URL ? weights.href : (file ?? 'model.safetensors');
  const parts = [
    ...(arch === undefined ? [] : [`arch: ${typeof arch === 'string' ? quoted(arch) : JSON.stringify(arch)}`]),
    `weights: ${quoted(where)}`,
    ...(labels ? [`labels: await (await fetch('labels.json')).json()`] : []),
  ];
  return `{ ${parts.join(', ')} }`;
}

function loadText(done: Done): string {
  const options = done.precision === 'f16' ? ", { precision: 'f16' }" : '';
  return `loadModel(${sourceText(done)}${options})`;
}

export function snippet(done: Done, language: Language): string {
  if (language === 'React') return react(done);
  const typed = language === 'TypeScript';
  const types = { photo: 'Prediction', camera: 'Prediction', folder: 'ImageRow' }[done.what];
  const head = [
    `import { loadModel${typed ? `, type ${types}` : ''} } from 'resnet-webgpu';`,
    '',
    `const model = await ${loadText(done)};`,
    '',
  ];
  return [...head, ...use(done, typed)].join('\n');
}

function use({ what }: Done, typed: boolean): string[] {
  const query = (type: string, selector: string) => `document.querySelector${typed ? `<${type}>` : ''}('${selector}')${typed ? '!' : ''}`;
  switch (what) {
    case 'photo':
      return [
        `const [best]${typed ? ': Prediction[]' : ''} = await model.classify(${query('HTMLImageElement', 'img')});`,
        'console.log(best.label, best.probability);',
      ];
    case 'camera':
      return [
        `const video = ${query('HTMLVideoElement', 'video')};`,
        'video.srcObject = await navigator.mediaDevices.getUserMedia({ video: true });',
        'await video.play();',
        `await model.stream(video, ([best]${typed ? ': Prediction[]' : ''}) => console.log(best.label, best.probability));`,
      ];
    case 'folder':
      return [
        `const rows${typed ? ': ImageRow[]' : ''} = await model.classify(input.files${typed ? '!' : ''}, { // <input type="file" webkitdirectory>`,
        "  errors: 'rows',",
        '  onResult: (row, { name }) => console.log(name, Array.isArray(row) ? row[0].label : row.message),',
        '});',
      ];
  }
}

function react(done: Done): string {
  return [
    "import { useEffect, useState } from 'react';",
    "import { loadModel } from 'resnet-webgpu';",
    '',
    `const model = ${loadText(done)}; // once, not for every render`,
    '',
    'export function Label({ image }) {',
    '  const [best, setBest] = useState();',
    '  useEffect(() => {',
    '    const stopper = new AbortController();',
    '    model',
    '      .then((it) => it.classify(image, { topK: 1, signal: stopper.signal }))',
    '      .then(([first]) => setBest(first))',
    "      .catch((error) => error.name !== 'AbortError' && console.error(error));",
    '    return () => stopper.abort();',
    '  }, [image]);',
    "  return <p>{best ? best.label + ', ' + (best.probability * 100).toFixed(1) + ' %' : '…'}</p>;",
    '}',
  ].join('\n');
}
