/** Handing files to the browser's downloads. */

const KEPT_MS = 60_000;

export function save(file: Blob, name: string): void {
  const address = URL.createObjectURL(file);
  const link = document.createElement("a");
  link.href = address;
  link.download = name;
  link.click();
  // Browsers read it after the click; how long after they do not say.
  setTimeout(() => URL.revokeObjectURL(address), KEPT_MS);
}
