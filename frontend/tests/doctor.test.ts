import vectors from '../../tests/vectors/doctor.json';
import { describe, expect, it } from 'vitest';
import {
  NO_FACTS,
  type BrowserFacts,
  type Facts,
  type SilenceFacts,
} from '../src/protocol/doctor-facts';
import {
  aboutOf,
  fixesOf,
  isRepairedByProxy,
  labelOf,
  PROXIES,
  proxyOf,
  repairedTogether,
  settingsOf,
  textOf,
} from '../src/stores/doctor-fixes';
import { browserFindingsOf, findingsOf, type Finding } from '../src/stores/doctor-findings';
import { reportOf, summaryOf } from '../src/stores/doctor-report';
import { Doctor, silenceOf } from '../src/stores/doctor.svelte';

type Json = Record<string, unknown>;

interface Case {
  name: string;
  change: Json;
  expected: Record<string, string>;
  values?: Record<string, Record<string, string>>;
}

const CASES = vectors.cases as unknown as Case[];
const NAMES = { upstream: '10.0.0.9:8000', port: '8000', name: 'list.example.org' };
const GOOD_BROWSER: BrowserFacts = {
  is_secure: true,
  has_service_worker: true,
  is_persisted: true,
  notifications: 'granted',
};

const isObject = (value: unknown): value is Json =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

function merged(base: Json, change: Json): Json {
  const result: Json = { ...base };
  for (const [key, value] of Object.entries(change)) {
    const before = result[key];
    result[key] = isObject(before) && isObject(value) ? merged(before, value) : value;
  }
  return result;
}

/** What Python fills in by itself: a change may replace null by a part of an object. */
const SOCKET = { is_open: false, status: null, error: null };

function factsOf({ change }: Pick<Case, 'change'>): Facts {
  const facts = merged(vectors.base as Json, change) as unknown as Facts;
  return { ...facts, socket: facts.socket && { ...SOCKET, ...facts.socket } };
}

function stateOf(key: string): string {
  if (vectors.wrong.includes(key)) return 'wrong';
  return vectors.unchecked.includes(key) ? 'none' : 'ok';
}

const failing = (check: string, key: string, values: Record<string, string> = {}): Finding => ({
  check,
  state: 'wrong',
  key,
  values,
});

describe('the findings of the way', () => {
  it.each(CASES)('DOC-1 name exactly what is wrong: $name', (vector) => {
    const findings = findingsOf(factsOf(vector));
    const keys = Object.fromEntries(findings.map(({ check, key }) => [check, key]));
    expect(keys).toEqual({ ...vectors.expected, ...vector.expected });
    expect(findings.map(({ state }) => state)).toEqual(findings.map(({ key }) => stateOf(key)));
    for (const [check, values] of Object.entries(vector.values ?? {})) {
      expect(findings.find((finding) => finding.check === check)?.values).toEqual(values);
    }
  });

  it.each(CASES)('have texts and lines without gaps: $name', (vector) => {
    const findings = findingsOf(factsOf(vector));
    const lines = findings.flatMap((finding) => [
      labelOf(finding),
      aboutOf(finding),
      textOf(finding),
      ...settingsOf(finding),
      ...PROXIES.flatMap((proxy) => fixesOf(finding, proxy, NAMES).flatMap((fix) => fix.lines)),
    ]);
    expect(lines.filter((line) => line === '' || /\{[a-z]/.test(line))).toEqual([]);
  });
});

describe('the findings of the browser', () => {
  const keysOf = (change: Partial<BrowserFacts>): string[] =>
    browserFindingsOf({ ...GOOD_BROWSER, ...change }).map(({ key }) => key);

  it('are all well with https, and no fault of the way without', () => {
    expect(keysOf({})).toEqual([
      'secure_ok',
      'service_worker_ok',
      'storage_ok',
      'notifications_ok',
    ]);
    const plain = {
      is_secure: false,
      has_service_worker: false,
      is_persisted: null,
      notifications: null,
    };
    expect(keysOf(plain)).toEqual([
      'secure_missing',
      'service_worker_insecure',
      'storage_unknown',
      'notifications_missing',
    ]);
    expect(browserFindingsOf({ ...GOOD_BROWSER, ...plain }).map(({ state }) => state)).toEqual(
      Array(4).fill('none'),
    );
  });

  it('say what the browser or its user refuses', () => {
    expect(keysOf({ has_service_worker: false })[1]).toBe('service_worker_missing');
    expect(keysOf({ is_persisted: false })[2]).toBe('storage_temporary');
    expect(keysOf({ notifications: 'default' })[3]).toBe('notifications_ask');
    expect(keysOf({ notifications: 'denied' })[3]).toBe('notifications_denied');
  });
});

describe('the lines that repair', () => {
  it('DOC-2 are those of the chosen proxy', () => {
    const [nginx, caddy] = [PROXIES[0], PROXIES[1]];
    if (!nginx || !caddy) throw new Error('nginx and Caddy are missing');
    const buffered = failing('streaming', 'buffered');
    expect(fixesOf(buffered, nginx, NAMES)[0]?.lines).toEqual(['proxy_buffering off;']);
    expect(fixesOf(buffered, caddy, NAMES)[0]?.lines).toEqual([
      'reverse_proxy 10.0.0.9:8000 {',
      '    flush_interval -1',
      '}',
    ]);
    expect(fixesOf(failing('host', 'host_changed'), caddy, NAMES)[0]?.lines).toEqual([
      'reverse_proxy 10.0.0.9:8000',
    ]);
  });

  it('are shown once', () => {
    const host = failing('host', 'host_changed');
    const address = failing('address', 'address_not_sent');
    const clock = failing('clock', 'clock_wrong');
    const streaming = failing('streaming', 'buffered');
    const together = repairedTogether([host, address, streaming, clock]);
    expect([...together]).toEqual([['address', host]]);
    expect(isRepairedByProxy(clock)).toBe(false);
  });

  it('are at first for the proxy that answered', () => {
    expect(proxyOf('Caddy')).toBe('caddy');
    expect(proxyOf('Apache/2.4.57 (Debian)')).toBe('apache');
    expect(proxyOf('cloudflare')).toBe('nginx');
    expect(proxyOf(null)).toBe('nginx');
  });
});

describe('the report', () => {
  it('DOC-8 names no host and no address', () => {
    const findings = [
      failing('host', 'host_changed', { host: '10.1.2.3:8000', expected: 'my-home.example:8443' }),
      failing('address', 'proxy_not_trusted', { client: '2001:db8::17' }),
      failing('origin', 'origin_refused', { expected: 'https://my-home.example:8443' }),
    ];
    const report = reportOf(findings, {
      host: 'my-home.example:8443',
      version: '1.0.0',
      browser: 'Firefox',
    });
    expect(report).toMatch(
      /^Trolley 1\.0\.0, Firefox\n\n✕ Host: The server sees the host <address>/,
    );
    expect(report).not.toMatch(/my-home|10\.1|2001|db8/);
    expect(report).toContain('pages of https://<host>.');
  });

  it('sums the checks up', () => {
    const ok: Finding = { check: 'page', state: 'ok', key: 'page_ok', values: {} };
    expect(summaryOf([ok, ok])).toBe('All is well: 2 checks passed.');
    expect(summaryOf([ok, failing('host', 'host_changed')])).toBe('1 check failed: Host.');
  });
});

describe('the doctor', () => {
  const FACTS: Facts = {
    ...factsOf({ change: { silence: null } }),
    ...{ proxy: 'Caddy' },
  };
  const SILENCE: SilenceFacts = {
    asked: 20,
    lasted: 20,
    is_closed: false,
    is_silent: true,
    is_refused: false,
  };

  function create(): {
    doctor: Doctor;
    begin: () => void;
    end: (silence: SilenceFacts | null) => void;
    aborted: () => boolean;
  } {
    let begin = (): void => undefined;
    let end = (_: SilenceFacts | null): void => undefined;
    let signal: AbortSignal | null = null;
    const doctor = new Doctor(
      {
        way: () => Promise.resolve(FACTS),
        browser: () => Promise.resolve(GOOD_BROWSER),
        silence: (_, options) => {
          begin = options.onBegin;
          signal = options.signal;
          return new Promise((resolve) => {
            end = resolve;
          });
        },
      },
      20,
    );
    return {
      doctor,
      begin: () => {
        begin();
      },
      end: (silence) => {
        end(silence);
      },
      aborted: () => signal?.aborted ?? false,
    };
  }

  const silenceKey = (doctor: Doctor): string | undefined =>
    doctor.findings.find(({ check }) => check === 'silence')?.key;

  it('has no finding before the user asks', async () => {
    const { doctor } = create();
    expect(doctor.findings).toEqual([]);
    const running = doctor.run(true);
    expect(doctor.isRunning).toBe(true);
    await running;
    expect(doctor.isRunning).toBe(false);
    expect(doctor.findings).toHaveLength(17);
    expect(doctor.proxy).toBe('caddy');
    doctor.proxy = 'apache';
    await doctor.run(true);
    expect(doctor.proxy).toBe('apache');
  });

  it('adds the silence when it has ended', async () => {
    const { doctor, begin, end } = create();
    await doctor.run(true);
    expect(silenceKey(doctor)).toBe('silence_not_run');
    const testing = doctor.testSilence();
    expect([doctor.isTestingSilence, doctor.silentSince]).toEqual([true, null]);
    begin();
    expect(doctor.silentSince).not.toBeNull();
    end(SILENCE);
    await testing;
    expect([doctor.isTestingSilence, doctor.silentSince]).toEqual([false, null]);
    expect(silenceKey(doctor)).toBe('silence_ok');
  });

  it('forgets a silence that was cancelled', async () => {
    const { doctor, begin, end, aborted } = create();
    await doctor.run(true);
    const testing = doctor.testSilence();
    begin();
    doctor.cancelSilence();
    expect(aborted()).toBe(true);
    expect(doctor.isTestingSilence).toBe(false);
    end(null);
    await testing;
    expect(silenceKey(doctor)).toBe('silence_not_run');
  });

  it('takes the seconds of silence from the address', () => {
    expect(silenceOf('')).toBe(70);
    expect(silenceOf('?silence=20')).toBe(20);
    expect(silenceOf('?silence=1000')).toBe(90);
    expect(silenceOf('?silence=-1')).toBe(70);
    expect(silenceOf('?silence=x')).toBe(70);
  });

  it('measures nothing by default', () => {
    const facts: Facts = { ...NO_FACTS, scheme: 'https', host: 'list.example.org' };
    expect(findingsOf(facts)[0]?.key).toBe('page_unreachable');
  });
});
