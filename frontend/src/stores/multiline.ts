/** Whether a text has more than one line to add. What the lines say is paste.ts's matter. */
export function isMultiline(text: string): boolean {
  return /\S.*[\r\n]\s*\S/.test(text);
}
