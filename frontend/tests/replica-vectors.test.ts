import { describe, expect, it } from 'vitest';
import type { ServerFrame } from '../src/protocol/frames';
import { applyFrame, emptyReplica, positionOf } from '../src/sync/replica';
import vectors from '../../tests/vectors/replica.json';

interface Case {
  name: string;
  steps: {
    frame: ServerFrame & { topic: string };
    /** The version of the client after the frame. Null: it has none. */
    version: number | null;
    /** Whether it has to subscribe again. Null: it may. */
    again: boolean | null;
    /** The names of its items by id. */
    items?: Record<string, string>;
  }[];
}

const cases = vectors as unknown as Case[];

// tests/live/protocol/test_replica_vectors.py reads the same file.
describe('POS-1 a replica after the frames of tests/vectors/replica.json', () => {
  it.each(cases)('$name', ({ steps }) => {
    let replica = emptyReplica(steps[0]?.frame.topic ?? '');
    for (const { frame, version, again, items } of steps) {
      const update = applyFrame(replica, frame);
      replica = update.replica;
      expect(positionOf(replica)?.since ?? null).toBe(version);
      if (again !== null) expect(['gap', 'mismatch'].includes(update.effect)).toBe(again);
      if (version !== null) expect(replica.computedDigest).toBe(replica.digest);
      if (items) {
        const names = [...replica.items.values()].map(({ id, name }) => [id, name]);
        expect(Object.fromEntries(names)).toEqual(items);
      }
    }
  });
});
