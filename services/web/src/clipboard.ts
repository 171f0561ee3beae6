/**
 * Copy what a field shows; false when the browser does not let us. `navigator.clipboard` is
 * missing on plain http, where the old command still works.
 */
export async function copyFrom(field: HTMLInputElement): Promise<boolean> {
  field.select();
  try {
    if (!navigator.clipboard) return document.execCommand("copy");
    await navigator.clipboard.writeText(field.value);
    return true;
  } catch {
    return false;
  }
}
