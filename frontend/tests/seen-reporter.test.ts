import { beforeEach, describe, expect, it } from 'vitest';
import type { Seen } from '../src/protocol/frames';
import { SEEN_INTERVAL, SeenReporter } from '../src/sync/seen-reporter';
import { ManualClock } from './fake/clock';

describe('the seen reporter', () => {
  let clock: ManualClock;
  let sent: Seen[];
  let reporter: SeenReporter;

  const report = (version: number, topic = 'list:one'): void => {
    reporter.report({ type: 'seen', topic, version, digest: `digest ${version}` });
  };
  const versions = (): number[] => sent.map(({ version }) => version);

  beforeEach(() => {
    clock = new ManualClock();
    sent = [];
    reporter = new SeenReporter(clock, (frame) => sent.push(frame));
    reporter.start('list:one');
  });

  it('sends the first state at once, and the last one at the end of the interval', () => {
    for (const version of [1, 2, 3]) report(version);
    expect(versions()).toEqual([1]);
    clock.advance(SEEN_INTERVAL - 1);
    expect(versions()).toEqual([1]);
    clock.advance(1);
    expect(versions()).toEqual([1, 3]);
  });

  it('sends what waits at once when the page is left', () => {
    for (const version of [1, 2, 3]) report(version);
    reporter.flush();
    expect(versions()).toEqual([1, 3]);
    reporter.flush();
    clock.advance(SEEN_INTERVAL);
    expect(versions()).toEqual([1, 3]);
    report(4);
    expect(versions()).toEqual([1, 3, 4]);
  });

  it('sends at most one state in each interval while changes arrive', () => {
    for (let version = 1; version <= 100; version += 1) {
      report(version);
      clock.advance(SEEN_INTERVAL / 10);
    }
    expect(sent).toHaveLength(11);
    expect(versions().at(-1)).toBe(100);
  });

  it('says how long a painted state was held back', () => {
    const painted = { type: 'seen', topic: 'list:one', digest: '', paint_ms: 7 } as const;
    reporter.report({ ...painted, version: 1 });
    clock.advance(500);
    reporter.report({ ...painted, version: 2 });
    clock.advance(SEEN_INTERVAL);
    expect(sent.map(({ held_ms }) => held_ms)).toEqual([0, SEEN_INTERVAL - 500]);
    report(3);
    clock.advance(SEEN_INTERVAL);
    expect(sent.at(-1)).not.toHaveProperty('held_ms');
  });

  it('sends nothing more when nothing changes', () => {
    report(1);
    clock.advance(10 * SEEN_INTERVAL);
    expect(versions()).toEqual([1]);
    report(2);
    expect(versions()).toEqual([1, 2]);
  });

  it('sends the next state at once after a new start', () => {
    for (const version of [1, 2]) report(version);
    reporter.start('list:one');
    report(3);
    clock.advance(SEEN_INTERVAL);
    expect(versions()).toEqual([1, 3]);
  });

  it('has an interval for each topic', () => {
    reporter.start('list:two');
    report(1);
    report(7, 'list:two');
    expect(versions()).toEqual([1, 7]);
  });

  it('reports only topics that were started, until they are stopped', () => {
    report(7, 'list:two');
    for (const version of [1, 2]) report(version);
    reporter.stopAll();
    clock.advance(SEEN_INTERVAL);
    report(3);
    expect(versions()).toEqual([1]);
    expect(reporter.isReported('list:one')).toBe(false);
  });
});
