import type { ClientFrame, PresentPerson, ServerFrame } from '../protocol/types';

/** Why a topic is over. `refused`: unknown, or no longer for this person. */
export type Over = 'deleted' | 'refused' | 'too many';

interface Wanted {
  state: 'idle' | 'asked' | 'following' | 'over';
  /** The id of the last subscribe, which its answer repeats. */
  asked: number;
  presence: PresentPerson['state'] | null;
}

/** What one person wants to follow, and how far the server has agreed. */
export interface Session {
  up: boolean;
  nextId: number;
  wanted: ReadonlyMap<string, Wanted>;
}

export type Input =
  | { do: 'want'; topic: string }
  | { do: 'forget'; topic: string }
  | { do: 'show'; topic: string; presence: PresentPerson['state'] | null }
  | { do: 'gap'; topic: string }
  | { do: 'ask again'; topic: string }
  | { do: 'down' }
  | { do: 'heard'; frame: ServerFrame };

export type Output =
  | { do: 'send'; frame: ClientFrame }
  | { do: 'over'; topic: string; why: Over }
  | { do: 'ask later'; topic: string; seconds: number };

/** Where the replica of a topic stands; null if it has nothing yet. */
export type PositionOf = (topic: string) => { since: number; epoch: string } | null;

export interface Turn {
  session: Session;
  outputs: Output[];
}

export const emptySession: Session = { up: false, nextId: 1, wanted: new Map() };

const ASK_AGAIN_AFTER = 5;

/** A session and an input give a session and what to do. Pure. */
export function step(session: Session, input: Input, positionOf: PositionOf): Turn {
  switch (input.do) {
    case 'want':
      return want(session, input.topic, positionOf);
    case 'forget':
      return forget(session, input.topic);
    case 'show':
      return show(session, input.topic, input.presence);
    case 'gap':
      return stateOf(session, input.topic) === 'following'
        ? subscribe(session, [input.topic], positionOf)
        : idle(session);
    case 'ask again':
      return stateOf(session, input.topic) === 'idle'
        ? subscribe(session, [input.topic], positionOf)
        : idle(session);
    case 'down':
      return idle(fallen(session));
    case 'heard':
      return heard(session, input.frame, positionOf);
  }
}

const idle = (session: Session): Turn => ({ session, outputs: [] });

function stateOf(session: Session, topic: string): Wanted['state'] | null {
  return session.wanted.get(topic)?.state ?? null;
}

function having(session: Session, topic: string, wanted: Wanted): Session {
  return { ...session, wanted: new Map(session.wanted).set(topic, wanted) };
}

function want(session: Session, topic: string, positionOf: PositionOf): Turn {
  const known = session.wanted.get(topic);
  if (known && known.state !== 'over') return idle(session);
  const fresh: Wanted = { state: 'idle', asked: 0, presence: known?.presence ?? null };
  return subscribe(having(session, topic, fresh), [topic], positionOf);
}

function forget(session: Session, topic: string): Turn {
  const state = stateOf(session, topic);
  const wanted = new Map(session.wanted);
  wanted.delete(topic);
  const told = session.up && (state === 'asked' || state === 'following');
  return {
    session: { ...session, wanted },
    outputs: told ? [{ do: 'send', frame: { type: 'unsubscribe', topic } }] : [],
  };
}

function show(session: Session, topic: string, presence: Wanted['presence']): Turn {
  const known = session.wanted.get(topic);
  if (!known || known.presence === presence) return idle(session);
  const told = session.up && known.state === 'following';
  return {
    session: having(session, topic, { ...known, presence }),
    outputs: told
      ? [{ do: 'send', frame: { type: 'presence', topic, state: presence ?? 'away' } }]
      : [],
  };
}

function fallen(session: Session): Session {
  const wanted = new Map(session.wanted);
  for (const [topic, known] of wanted) {
    if (known.state !== 'over') wanted.set(topic, { ...known, state: 'idle' });
  }
  return { ...session, up: false, wanted };
}

/** Ask for these topics, each from where its replica stands. */
function subscribe(session: Session, topics: Iterable<string>, positionOf: PositionOf): Turn {
  if (!session.up) return idle(session);
  const wanted = new Map(session.wanted);
  const outputs: Output[] = [];
  let id = session.nextId;
  for (const topic of topics) {
    const known = wanted.get(topic);
    if (!known) continue;
    wanted.set(topic, { ...known, state: 'asked', asked: id });
    outputs.push({
      do: 'send',
      frame: { type: 'subscribe', id, topic, ...(positionOf(topic) ?? {}) },
    });
    id += 1;
  }
  return { session: { ...session, wanted, nextId: id }, outputs };
}

function heard(session: Session, frame: ServerFrame, positionOf: PositionOf): Turn {
  switch (frame.type) {
    case 'welcome': {
      const up: Session = { ...fallen(session), up: true };
      const open = [...up.wanted].filter(([, { state }]) => state === 'idle');
      return subscribe(
        up,
        open.map(([topic]) => topic),
        positionOf,
      );
    }
    case 'subscribed':
      return agreed(session, frame.topic, frame.id ?? null);
    case 'ended':
      return ended(session, frame.topic, frame.reason, positionOf);
    case 'error':
      return refused(session, frame.id ?? null, frame.code, frame.retry_in ?? ASK_AGAIN_AFTER);
    default:
      return idle(session);
  }
}

function agreed(session: Session, topic: string, id: number | null): Turn {
  const known = session.wanted.get(topic);
  // An answer to an earlier question: the newer one is still open.
  if (known?.state !== 'asked' || known.asked !== id) return idle(session);
  const { presence } = known;
  return {
    session: having(session, topic, { ...known, state: 'following' }),
    outputs: presence ? [{ do: 'send', frame: { type: 'presence', topic, state: presence } }] : [],
  };
}

/** `revoked` may also mean a lower role, so ask once more: a refusal is the end. */
function ended(
  session: Session,
  topic: string,
  reason: 'deleted' | 'revoked',
  positionOf: PositionOf,
): Turn {
  return reason === 'revoked' && stateOf(session, topic)
    ? subscribe(session, [topic], positionOf)
    : over(session, topic, reason === 'revoked' ? 'refused' : reason);
}

function over(session: Session, topic: string, why: Over): Turn {
  const known = session.wanted.get(topic);
  if (!known) return idle(session);
  return {
    session: having(session, topic, { ...known, state: 'over' }),
    outputs: [{ do: 'over', topic, why }],
  };
}

function refused(session: Session, id: number | null, code: string, seconds: number): Turn {
  const [topic, known] = [...session.wanted].find(
    ([, { state, asked }]) => state === 'asked' && asked === id,
  ) ?? [null, null];
  if (topic === null) return idle(session);
  if (code === 'not_found') return over(session, topic, 'refused');
  if (code === 'too_many_topics') return over(session, topic, 'too many');
  return {
    session: having(session, topic, { ...known, state: 'idle' }),
    outputs: [{ do: 'ask later', topic, seconds }],
  };
}
