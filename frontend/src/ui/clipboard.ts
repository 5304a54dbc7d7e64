/** Copy what a field shows. Resolves to what to tell the person. */
export async function copyFieldText(
  field: HTMLInputElement | HTMLTextAreaElement,
): Promise<string> {
  field.select();
  return (await writeClipboard(field.value)) ? 'Copied' : 'Press Ctrl+C to copy';
}

async function writeClipboard(text: string): Promise<boolean> {
  try {
    await navigator.clipboard.writeText(text);
    return true;
  } catch {
    // Plain http has no clipboard, but this old way.
    return document.execCommand('copy');
  }
}
