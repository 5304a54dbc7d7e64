import { measureBrowser, measureSilence, measureWay } from '../net/doctor-probe';
import type { BrowserFacts, Facts } from '../protocol/doctor-facts';
import { proxyOf } from './doctor-fixes';
import { browserFindingsOf, findingsOf, type Finding } from './doctor-findings';

const DEFAULT_SILENCE = 70;
const MAX_SILENCE = 90;

/** How the doctor measures: the network, or a test. */
export interface Measurements {
  way(isSignedIn: boolean): Promise<Facts>;
  browser(): Promise<BrowserFacts>;
  silence: (
    seconds: number,
    options: { signal: AbortSignal; onBegin: () => void },
  ) => ReturnType<typeof measureSilence>;
}

export const networkMeasurements: Measurements = {
  way: (isSignedIn) => measureWay(location, isSignedIn),
  browser: measureBrowser,
  silence: (seconds, options) => measureSilence(location, seconds, options),
};

/** The seconds of silence that an address asks for (`?silence=20`), at most 90. */
export function silenceOf(search: string): number {
  const seconds = Number(new URLSearchParams(search).get('silence'));
  return seconds > 0 ? Math.min(seconds, MAX_SILENCE) : DEFAULT_SILENCE;
}

/** Tests the way from this browser to the server, when the user asks for it. */
export class Doctor {
  isRunning = $state(false);
  /** When the silence began (`Date.now()`), null while it is not tested. */
  silentSince = $state<number | null>(null);
  /** The kind of proxy for which lines are shown. */
  proxy = $state('nginx');
  #facts = $state.raw<Facts | null>(null);
  #browser = $state.raw<BrowserFacts | null>(null);
  #silence: AbortController | null = null;
  #isTestingSilence = $state(false);

  constructor(
    private readonly measurements: Measurements,
    readonly silenceSeconds: number,
  ) {}

  get facts(): Facts | null {
    return this.#facts;
  }

  get isTestingSilence(): boolean {
    return this.#isTestingSilence;
  }

  /** The findings of the last test; empty before it. */
  get findings(): Finding[] {
    if (this.#facts === null || this.#browser === null) return [];
    return [...findingsOf(this.#facts), ...browserFindingsOf(this.#browser)];
  }

  /** Test everything but the silence. */
  async run(isSignedIn: boolean): Promise<void> {
    this.cancelSilence();
    this.isRunning = true;
    const [facts, browser] = await Promise.all([
      this.measurements.way(isSignedIn),
      this.measurements.browser(),
    ]);
    if (this.#facts === null) this.proxy = proxyOf(facts.proxy);
    this.#facts = { ...facts, silence_seconds: this.silenceSeconds };
    this.#browser = browser;
    this.isRunning = false;
  }

  /** Test the silence. It takes as long as the silence. */
  async testSilence(): Promise<void> {
    this.cancelSilence();
    const controller = new AbortController();
    this.#silence = controller;
    this.#isTestingSilence = true;
    const silence = await this.measurements.silence(this.silenceSeconds, {
      signal: controller.signal,
      onBegin: () => {
        this.silentSince = Date.now();
      },
    });
    if (controller.signal.aborted) return;
    this.#endSilence();
    if (this.#facts !== null && silence !== null) this.#facts = { ...this.#facts, silence };
  }

  cancelSilence(): void {
    this.#silence?.abort();
    this.#endSilence();
  }

  #endSilence(): void {
    this.#silence = null;
    this.silentSince = null;
    this.#isTestingSilence = false;
  }
}
