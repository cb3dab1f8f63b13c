/** Gives a file to the visitor. */
export function save(name: string, content: Blob): void {
  const link = document.createElement('a');
  link.href = URL.createObjectURL(content);
  link.download = name;
  link.click();
  // The download has begun when the click is over, but not in every browser.
  setTimeout(() => URL.revokeObjectURL(link.href), 60_000);
}
