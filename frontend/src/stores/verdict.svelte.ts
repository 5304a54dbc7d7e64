import type { Condition, Verdict as VerdictFrame } from '../protocol/frames';
import type { Engine } from '../sync/engine';
import { clockTime } from './clock-time';

const VERDICT_TOPIC = 'verdict';
/** The same with names of users. */
const STAFF_VERDICT_TOPIC = 'ops:verdict';
/** Conditions in the first line of the page. */
const MAX_SPOKEN = 2;
/** A warning that is younger than this is said without its beginning. In milliseconds. */
const FRESH = 60_000;

/** What is wrong with the installation, as the server computes it each second. */
export class Verdict {
  latest = $state.raw<VerdictFrame | null>(null);
  #topic: string | null = null;

  constructor(private readonly engine: Engine) {
    engine.subscribe((events) => {
      for (const event of events) {
        if (event.kind === 'reset') this.latest = null;
        else if (event.kind === 'frame' && event.frame.type === 'verdict') this.#add(event.frame);
      }
    });
  }

  /** Follow the verdict. Only staff may read it with names of users. */
  start(isStaff: boolean): void {
    const topic = isStaff ? STAFF_VERDICT_TOPIC : VERDICT_TOPIC;
    if (this.#topic !== null && this.#topic !== topic) this.engine.unwatch(this.#topic);
    this.#topic = topic;
    this.engine.watch(topic);
  }

  #add(verdict: VerdictFrame): void {
    if (verdict.topic === this.#topic) this.latest = verdict;
  }
}

/** The conditions that the first line says, each in one or two sentences. */
export function spoken(verdict: VerdictFrame): { condition: Condition; text: string }[] {
  return verdict.conditions
    .slice(0, MAX_SPOKEN)
    .map((condition) => ({ condition, text: inWords(condition, Date.parse(verdict.at)) }));
}

/** The same rule as `in_words` of live/metrics/verdict.py, with the time of this browser. */
export function inWords({ text, note, since, severity }: Condition, now: number): string {
  const isFresh = severity === 'warning' && now - Date.parse(since) < FRESH;
  const beginning = isFresh && note === '' ? '' : ` since ${shortTime(since, now)}`;
  return `${text}${beginning}. ${note}`.trim();
}

function shortTime(time: string, now: number): string {
  const then = new Date(time);
  const date =
    then.toDateString() === new Date(now).toDateString()
      ? ''
      : `${then.toLocaleDateString('en-GB', { day: 'numeric', month: 'short' })} `;
  return `${date}${clockTime(then.getTime()).slice(0, 5)}`;
}
