/** Whether a text has more than one line that is not blank. */
export function isMultiline(text: string): boolean {
  return /\S.*[\r\n]\s*\S/.test(text);
}
