import { labelOf, textOf } from './doctor-fixes';
import type { Finding, FindingState } from './doctor-findings';

export const SIGNS: Record<FindingState, string> = { ok: '✓', wrong: '✕', none: '–' };
export const STATE_WORDS: Record<FindingState, string> = {
  ok: 'passed',
  wrong: 'failed',
  none: 'not checked',
};
const IPV4 = /\b\d{1,3}(?:\.\d{1,3}){3}\b/g;
const IPV6 = /\[?\b[0-9a-f]{0,4}(?::[0-9a-f]{0,4}){2,7}\b\]?/gi;

/** One sentence about all checks. */
export function summaryOf(findings: readonly Finding[]): string {
  const failed = findings.filter(({ state }) => state === 'wrong').map(labelOf);
  const passed = findings.filter(({ state }) => state === 'ok').length;
  if (failed.length === 0) return `All is well: ${String(passed)} checks passed.`;
  const noun = failed.length === 1 ? 'check failed' : 'checks failed';
  return `${String(failed.length)} ${noun}: ${failed.join(', ')}.`;
}

/** The findings as text for an issue. It names neither the host nor any address. */
export function reportOf(
  findings: readonly Finding[],
  { host, version, browser }: { host: string; version: string; browser: string },
): string {
  const lines = findings.map(
    (finding) =>
      `${SIGNS[finding.state]} ${labelOf(finding)}: ${withoutAddresses(textOf(finding), host)}`,
  );
  return [`Trolley ${version}, ${browser}`, '', ...lines, ''].join('\n');
}

function withoutAddresses(text: string, host: string): string {
  const [name = ''] = /^\[.*\]|^[^:]*/.exec(host) ?? [];
  return text
    .replaceAll(host, '<host>')
    .replaceAll(name === '' ? host : name, '<host>')
    .replace(IPV4, '<address>')
    .replace(IPV6, '<address>');
}
