import * as m from '#messages';
/** Copy the text of a field. Resolves to the message for the user. */
export async function copyFieldText(
  field: HTMLInputElement | HTMLTextAreaElement,
): Promise<string> {
  field.select();
  return (await writeClipboard(field.value)) ? m.copied() : m.copy_by_hand();
}

async function writeClipboard(text: string): Promise<boolean> {
  try {
    await navigator.clipboard.writeText(text);
    return true;
  } catch {
    // Plain http has no clipboard API. This deprecated way still works there.
    return document.execCommand('copy');
  }
}
