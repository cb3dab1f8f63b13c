/** The inputs: file picker, drop and paste. */
import { type Sorted, sortFiles, sortText } from './logic/intake.ts';
import { element } from './view/dom.ts';
import { filesOfDrop } from './view/dropped.ts';

/** Position in the viewport where something came from. Undefined for buttons and keys. */
export interface Place {
  x: number;
  y: number;
}

export interface Intake {
  sorted(sorted: Sorted<File>, place?: Place): void;
  /** A folder, or too many photos to look at one by one. */
  many(files: File[], place?: Place): void;
  /** An address that was pasted: of a photo, of a network, or unknown. */
  address(kind: 'photo' | 'network' | 'unknown', address: string): void;
  refuse(what: string, remedy: string, place?: Place): void;
}

/** More photos than this count as a folder. */
const LOOKED_AT = 12;

export function setUpIntake(intake: Intake): void {
  const take = (files: File[], place?: Place, folder = false) => {
    const sorted = sortFiles(files);
    if (sorted?.kind === 'photos' && (folder || sorted.files.length > LOOKED_AT)) intake.many(files, place);
    else if (sorted) intake.sorted(sorted, place);
    else if (folder) intake.refuse('There are no files in that folder.', 'Choose a folder with photos in it.', place);
  };

  const input = element('pick-input', HTMLInputElement);
  element('pick', HTMLButtonElement).addEventListener('click', () => input.click());
  input.addEventListener('change', () => {
    take([...(input.files ?? [])]);
    // So that choosing the same file again triggers a change event.
    input.value = '';
  });

  document.addEventListener('paste', (event) => {
    const files = [...(event.clipboardData?.files ?? [])];
    const typing = event.target instanceof HTMLInputElement || event.target instanceof HTMLTextAreaElement;
    const text = typing ? undefined : sortText(event.clipboardData?.getData('text/plain') ?? '');
    if (files.length > 0) take(files);
    else if (text) intake.address(text.kind, text.address);
    else return;
    event.preventDefault();
  });
  element('paste', HTMLButtonElement).addEventListener('click', () => pasteFromButton(intake, take));
  setUpDrop(take, intake);
}

function setUpDrop(take: (files: File[], place: Place, folder: boolean) => void, intake: Intake): void {
  const veil = element('drop-veil', HTMLDivElement);
  // dragenter and dragleave are sent for every element. The depth tells when the pointer has left the page.
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
    if (!carriesFiles(event) || !event.dataTransfer) return;
    event.preventDefault();
    show(false);
    const place = { x: event.clientX, y: event.clientY };
    const dropped = filesOfDrop(event.dataTransfer);
    if (Array.isArray(dropped)) take(dropped, place, false);
    else {
      dropped.then(
        (files) => take(files, place, true),
        (error) =>
          intake.refuse(
            `The folder cannot be read: ${error instanceof Error ? error.message : error}.`,
            'Choose it with the button.',
            place,
          ),
      );
    }
  });
}

async function pasteFromButton(intake: Intake, take: (files: File[]) => void): Promise<void> {
  const byKeys = 'Copy a picture, or an address, and press Ctrl+V (⌘V on a Mac) on this page.';
  if (!navigator.clipboard?.read) {
    intake.refuse('This browser lets a page read pictures only when you paste yourself.', byKeys);
    return;
  }
  try {
    for (const item of await navigator.clipboard.read()) {
      const type = item.types.find((name) => name.startsWith('image/'));
      if (type) {
        const blob = await item.getType(type);
        take([new File([blob], `pasted.${type.slice('image/'.length)}`, { type })]);
        return;
      }
      const text = item.types.includes('text/plain') ? sortText(await (await item.getType('text/plain')).text()) : undefined;
      if (text) {
        intake.address(text.kind, text.address);
        return;
      }
    }
    intake.refuse('There is no picture in the clipboard, and no address.', byKeys);
  } catch (error) {
    intake.refuse(`The browser refused to read the clipboard: ${error instanceof Error ? error.message : error}.`, byKeys);
  }
}
