/** The large picture: a photo, or the camera. */
import type { Photo } from '../catalog.ts';
import { element, show } from './dom.ts';
import { blankIfUnreadable } from './pixels.ts';

const photoImage = element('photo', HTMLImageElement);
blankIfUnreadable(photoImage);
const frameRate = element('frame-rate', HTMLParagraphElement);
const captionName = element('caption-name', HTMLSpanElement);
const captionNote = element('caption-note', HTMLSpanElement);

export const video = element('video', HTMLVideoElement);

export function showPhoto(photo: Photo): void {
  photoImage.src = photo.url;
  photoImage.alt = photo.alt;
  photoImage.hidden = false;
  video.hidden = true;
  frameRate.hidden = true;
  show(captionName, photo.name);
  show(captionNote, photo.note);
}

/** @param name of a video file. Without it, the camera is shown */
export function showVideo(name?: string): void {
  photoImage.hidden = true;
  video.hidden = false;
  show(captionName, name ?? 'Camera');
  show(captionNote, 'Stays in this tab');
}

export function showFrameRate(perSecond: number): void {
  frameRate.hidden = false;
  frameRate.textContent = `${perSecond.toFixed(0)} pictures a second`;
}
