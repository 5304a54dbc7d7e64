import catalogue from '../protocol/doctor-catalogue.json';
import type { Finding } from './doctor-findings';

/** A place of a configuration, and the lines that go there for each part. */
interface Block {
  where: string;
  parts: Record<string, string[]>;
  /** The whole block, if the wanted parts have no line of their own. */
  plain?: string[];
  head?: string[];
  foot?: string[];
}

export interface ProxyKind {
  name: string;
  label: string;
  blocks: Block[];
}

interface Text {
  text: string;
  /** The parts of a configuration that repair it. */
  parts?: string[];
  /** The environment variables that repair it. */
  settings?: string[];
}

/** Lines, and where they go. */
export interface Fix {
  where: string;
  lines: string[];
}

export const PROXIES = catalogue.proxies as unknown as ProxyKind[];
const TEXTS = catalogue.findings as Record<string, Text | undefined>;
const CHECKS = new Map(catalogue.checks.map((check) => [check.name, check]));

export function labelOf({ check }: Finding): string {
  return CHECKS.get(check)?.label ?? check;
}

/** What a check examines. */
export function aboutOf({ check }: Finding): string {
  return CHECKS.get(check)?.about ?? '';
}

/** What a finding says. */
export function textOf({ key, values }: Finding): string {
  return filled(TEXTS[key]?.text ?? key, values);
}

/** The environment variables that repair a finding. */
export function settingsOf({ key, values }: Finding): string[] {
  return (TEXTS[key]?.settings ?? []).map((line) => filled(line, values));
}

/** Whether lines of a proxy's configuration repair a finding. */
export function isRepairedByProxy({ key }: Finding): boolean {
  return (TEXTS[key]?.parts ?? []).length > 0;
}

/** The findings whose lines are all among those of an earlier one, by the check of that one. */
export function repairedTogether(findings: readonly Finding[]): Map<string, Finding> {
  const together = new Map<string, Finding>();
  const shown: Finding[] = [];
  for (const finding of findings) {
    if (finding.state !== 'wrong' || !isRepairedByProxy(finding)) continue;
    const parts = TEXTS[finding.key]?.parts ?? [];
    const earlier = shown.find(({ key }) =>
      parts.every((part) => TEXTS[key]?.parts?.includes(part)),
    );
    if (earlier) together.set(finding.check, earlier);
    else shown.push(finding);
  }
  return together;
}

/** The lines for a kind of proxy that repair a finding. `names` fills their gaps. */
export function fixesOf({ key }: Finding, proxy: ProxyKind, names: Record<string, string>): Fix[] {
  const wanted = TEXTS[key]?.parts ?? [];
  return proxy.blocks.flatMap(({ where, parts, plain = [], head = [], foot = [] }) => {
    const present = Object.keys(parts).filter((part) => wanted.includes(part));
    if (present.length === 0) return [];
    const own = [...new Set(present.flatMap((part) => parts[part] ?? []))];
    const lines = own.length > 0 ? [...head, ...own, ...foot] : plain;
    return [{ where, lines: lines.map((line) => filled(line, names)) }];
  });
}

/** The kind of proxy that a header `Server` names; nginx if it names none that is known. */
export function proxyOf(server: string | null): string {
  const name = server?.toLowerCase() ?? '';
  return PROXIES.find((proxy) => name.includes(proxy.name))?.name ?? 'nginx';
}

function filled(text: string, values: Record<string, string>): string {
  return Object.entries(values).reduce(
    (result, [name, value]) => result.replaceAll(`{${name}}`, value),
    text,
  );
}
