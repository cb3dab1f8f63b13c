/** Converts SVG to pixels. Browsers cannot decode it as a blob, but can draw it as an image. */

/** Length of the longer edge, if the drawing does not have a size. */
const EDGE = 1024;

/** @throws if the browser cannot draw it */
export async function rasterize(file: Blob): Promise<Blob> {
  const url = URL.createObjectURL(file);
  try {
    const image = new Image();
    image.src = url;
    await image.decode();
    const { naturalWidth: width, naturalHeight: height } = image;
    const scale = Math.max(1, EDGE / Math.max(width, height, 1));
    const canvas = document.createElement('canvas');
    canvas.width = Math.round((width || EDGE) * scale);
    canvas.height = Math.round((height || EDGE) * scale);
    const paint = canvas.getContext('2d');
    if (!paint) throw new Error('The browser gives no 2D canvas.');
    // Transparent parts are shown as on white paper.
    paint.fillStyle = '#fff';
    paint.fillRect(0, 0, canvas.width, canvas.height);
    paint.drawImage(image, 0, 0, canvas.width, canvas.height);
    return await new Promise((resolve, reject) =>
      canvas.toBlob((blob) => (blob ? resolve(blob) : reject(new Error('The drawing cannot be read back.')))),
    );
  } finally {
    URL.revokeObjectURL(url);
  }
}
