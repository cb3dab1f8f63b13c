/** The ways in: file picker, drop and paste. Photos and checkpoints are told apart by their names. */
import { element } from './view/dom.ts';

export interface Intake {
  photos(files: File[]): void;
  checkpoint(file: File): void;
  refuse(what: string, remedy: string): void;
}

const CHECKPOINT = /\.(safetensors|pth|pt|th|bin|tar|ckpt)$/i;

export function setUpIntake(intake: Intake): void {
  const input = element('pick-input', HTMLInputElement);
  element('pick', HTMLButtonElement).addEventListener('click', () => input.click());
  input.addEventListener('change', () => {
    if (input.files) sortOut([...input.files], intake);
    // So that choosing the same file again counts as a change.
    input.value = '';
  });

  document.addEventListener('paste', (event) => {
    const files = [...(event.clipboardData?.files ?? [])];
    if (files.length === 0) return;
    event.preventDefault();
    sortOut(files, intake);
  });
  element('paste', HTMLButtonElement).addEventListener('click', () => pasteFromButton(intake));

  const veil = element('drop-veil', HTMLDivElement);
  // dragenter and dragleave come for every element on the way: the depth tells when the pointer has left the page.
  let depth = 0;
  const carriesFiles = (event: DragEvent) => event.dataTransfer?.types.includes('Files') ?? false;
  const show = (visible: boolean) => {
    veil.hidden = !visible;
    if (!visible) depth = 0;
  };
  document.addEventListener('dragenter', (event) => {
    if (!carriesFiles(event)) return;
    depth += 1;
    show(true);
  });
  document.addEventListener('dragleave', (event) => {
    if (!carriesFiles(event)) return;
    depth -= 1;
    if (depth <= 0) show(false);
  });
  document.addEventListener('dragover', (event) => {
    if (carriesFiles(event)) event.preventDefault();
  });
  document.addEventListener('drop', (event) => {
    if (!carriesFiles(event)) return;
    event.preventDefault();
    show(false);
    sortOut([...(event.dataTransfer?.files ?? [])], intake);
  });
}

function sortOut(files: File[], intake: Intake): void {
  const checkpoint = files.find((file) => CHECKPOINT.test(file.name));
  if (checkpoint) {
    intake.checkpoint(checkpoint);
    return;
  }
  const photos = files.filter((file) => file.type.startsWith('image/'));
  if (photos.length > 0) intake.photos(photos);
  else if (files[0]) {
    intake.refuse(
      `${files[0].name} is neither a photo nor a checkpoint.`,
      'Choose an image (PNG, JPEG, WebP, AVIF …) or a .safetensors, .pth, .pt or .th file.',
    );
  }
}

async function pasteFromButton(intake: Intake): Promise<void> {
  const byKeys = 'Copy a picture and press Ctrl+V (⌘V on a Mac) on this page.';
  if (!navigator.clipboard?.read) {
    intake.refuse('This browser lets a page read pictures only when you paste yourself.', byKeys);
    return;
  }
  try {
    for (const item of await navigator.clipboard.read()) {
      const type = item.types.find((name) => name.startsWith('image/'));
      if (!type) continue;
      const blob = await item.getType(type);
      intake.photos([new File([blob], `pasted.${type.slice('image/'.length)}`, { type })]);
      return;
    }
    intake.refuse('There is no picture in the clipboard.', byKeys);
  } catch (error) {
    intake.refuse(`The browser refused to read the clipboard: ${error instanceof Error ? error.message : error}.`, byKeys);
  }
}
