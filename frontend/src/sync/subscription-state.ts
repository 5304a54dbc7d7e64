import type { ClientFrame, ServerFrame, SetPresence } from '../protocol/frames';
import type { ReplicaPosition } from './replica';

/** Why a topic ended. `refused`: it does not exist, or this user may not see it. */
export type EndReason = 'deleted' | 'refused' | 'too many';

/** What this client says of its user on a list. */
export type PresenceDetails = Omit<SetPresence, 'type' | 'topic' | 'id'>;

interface TopicState {
  status: 'idle' | 'pending' | 'subscribed' | 'ended';
  /** The id of the latest subscribe frame. The server's response repeats it. */
  requestId: number;
  presence: PresenceDetails | null;
}

/** The topics that this client watches, and the state of each subscription. */
export interface SubscriptionState {
  isConnected: boolean;
  nextRequestId: number;
  topics: ReadonlyMap<string, TopicState>;
}

export type Input =
  | { type: 'watch'; topic: string }
  | { type: 'unwatch'; topic: string }
  /** Another object is sent again, also if it says the same. */
  | { type: 'set presence'; topic: string; presence: PresenceDetails | null }
  | { type: 'gap'; topic: string }
  /** The replica lost its position, so a response to an earlier subscribe does not help. */
  | { type: 'position lost'; topic: string }
  | { type: 'subscribe'; topic: string }
  | { type: 'disconnected' }
  | { type: 'frame'; frame: ServerFrame };

export type Output =
  | { type: 'send'; frame: ClientFrame }
  | { type: 'close topic'; topic: string; reason: EndReason }
  | { type: 'subscribe later'; topic: string; seconds: number };

/** Returns the position of a topic's replica, or null if it has none. */
export type PositionOf = (topic: string) => ReplicaPosition | null;

export interface Transition {
  state: SubscriptionState;
  outputs: Output[];
}

export const initialSubscriptionState: SubscriptionState = {
  isConnected: false,
  nextRequestId: 1,
  topics: new Map(),
};

/** Seconds to wait after an error, unless the server sends a delay. */
const RESUBSCRIBE_DELAY = 5;

/** Return the next state, and what to do now. Pure. */
export function reduce(state: SubscriptionState, input: Input, positionOf: PositionOf): Transition {
  switch (input.type) {
    case 'watch':
      return watch(state, input.topic, positionOf);
    case 'unwatch':
      return unwatch(state, input.topic);
    case 'set presence':
      return setPresence(state, input.topic, input.presence);
    case 'gap':
      return statusOf(state, input.topic) === 'subscribed'
        ? subscribe(state, [input.topic], positionOf)
        : unchanged(state);
    case 'position lost':
      return ['subscribed', 'pending'].includes(statusOf(state, input.topic) ?? '')
        ? subscribe(state, [input.topic], positionOf)
        : unchanged(state);
    case 'subscribe':
      return statusOf(state, input.topic) === 'idle'
        ? subscribe(state, [input.topic], positionOf)
        : unchanged(state);
    case 'disconnected':
      return unchanged(disconnected(state));
    case 'frame':
      return onFrame(state, input.frame, positionOf);
  }
}

const unchanged = (state: SubscriptionState): Transition => ({ state, outputs: [] });

/** Whether a list is open on the page. Then this client has a presence on it. */
export function isShown(state: SubscriptionState, topic: string): boolean {
  return (state.topics.get(topic)?.presence ?? null) !== null;
}

function statusOf(state: SubscriptionState, topic: string): TopicState['status'] | null {
  return state.topics.get(topic)?.status ?? null;
}

function withTopic(
  state: SubscriptionState,
  topic: string,
  topicState: TopicState,
): SubscriptionState {
  return { ...state, topics: new Map(state.topics).set(topic, topicState) };
}

function watch(state: SubscriptionState, topic: string, positionOf: PositionOf): Transition {
  const current = state.topics.get(topic);
  if (current && current.status !== 'ended') return unchanged(state);
  const initial: TopicState = { status: 'idle', requestId: 0, presence: current?.presence ?? null };
  return subscribe(withTopic(state, topic, initial), [topic], positionOf);
}

function unwatch(state: SubscriptionState, topic: string): Transition {
  const status = statusOf(state, topic);
  const topics = new Map(state.topics);
  topics.delete(topic);
  const isSubscribed = state.isConnected && (status === 'pending' || status === 'subscribed');
  return {
    state: { ...state, topics },
    outputs: isSubscribed ? [{ type: 'send', frame: { type: 'unsubscribe', topic } }] : [],
  };
}

function setPresence(
  state: SubscriptionState,
  topic: string,
  presence: TopicState['presence'],
): Transition {
  const current = state.topics.get(topic);
  if (!current || current.presence === presence) return unchanged(state);
  const isSubscribed = state.isConnected && current.status === 'subscribed';
  return {
    state: withTopic(state, topic, { ...current, presence }),
    outputs: isSubscribed
      ? [{ type: 'send', frame: { type: 'presence', topic, ...(presence ?? { state: 'away' }) } }]
      : [],
  };
}

function disconnected(state: SubscriptionState): SubscriptionState {
  const topics = new Map(state.topics);
  for (const [topic, current] of topics) {
    if (current.status !== 'ended') topics.set(topic, { ...current, status: 'idle' });
  }
  return { ...state, isConnected: false, topics };
}

/** Subscribe to topics, each from the position of its replica. */
function subscribe(
  state: SubscriptionState,
  topics: Iterable<string>,
  positionOf: PositionOf,
): Transition {
  if (!state.isConnected) return unchanged(state);
  const topicStates = new Map(state.topics);
  const outputs: Output[] = [];
  let id = state.nextRequestId;
  for (const topic of topics) {
    const current = topicStates.get(topic);
    if (!current) continue;
    topicStates.set(topic, { ...current, status: 'pending', requestId: id });
    outputs.push({
      type: 'send',
      frame: { type: 'subscribe', id, topic, ...(positionOf(topic) ?? {}) },
    });
    id += 1;
  }
  return { state: { ...state, topics: topicStates, nextRequestId: id }, outputs };
}

function onFrame(state: SubscriptionState, frame: ServerFrame, positionOf: PositionOf): Transition {
  switch (frame.type) {
    case 'welcome': {
      const connected: SubscriptionState = { ...disconnected(state), isConnected: true };
      const pending = [...connected.topics].filter(([, { status }]) => status === 'idle');
      return subscribe(
        connected,
        pending.map(([topic]) => topic),
        positionOf,
      );
    }
    case 'subscribed':
      return onSubscribed(state, frame.topic, frame.id ?? null);
    case 'ended':
      return onEnded(state, frame.topic, frame.reason, positionOf);
    case 'error':
      return onError(state, frame.id ?? null, frame.code, frame.retry_in ?? RESUBSCRIBE_DELAY);
    default:
      return unchanged(state);
  }
}

function onSubscribed(state: SubscriptionState, topic: string, id: number | null): Transition {
  const current = state.topics.get(topic);
  // This responds to an earlier subscribe. The response to the latest one is still to come.
  if (current?.status !== 'pending' || current.requestId !== id) return unchanged(state);
  const { presence } = current;
  return {
    state: withTopic(state, topic, { ...current, status: 'subscribed' }),
    outputs: presence ? [{ type: 'send', frame: { type: 'presence', topic, ...presence } }] : [],
  };
}

/** `revoked` may only mean a lower role, so subscribe again. If that is refused, the topic ends. */
function onEnded(
  state: SubscriptionState,
  topic: string,
  reason: 'deleted' | 'revoked',
  positionOf: PositionOf,
): Transition {
  return reason === 'revoked' && statusOf(state, topic)
    ? subscribe(state, [topic], positionOf)
    : endTopic(state, topic, reason === 'revoked' ? 'refused' : reason);
}

function endTopic(state: SubscriptionState, topic: string, reason: EndReason): Transition {
  const current = state.topics.get(topic);
  if (!current) return unchanged(state);
  return {
    state: withTopic(state, topic, { ...current, status: 'ended' }),
    outputs: [{ type: 'close topic', topic, reason }],
  };
}

function onError(
  state: SubscriptionState,
  id: number | null,
  code: string,
  seconds: number,
): Transition {
  const [topic, current] = [...state.topics].find(
    ([, { status, requestId }]) => status === 'pending' && requestId === id,
  ) ?? [null, null];
  if (topic === null) return unchanged(state);
  if (code === 'not_found') return endTopic(state, topic, 'refused');
  if (code === 'too_many_topics') return endTopic(state, topic, 'too many');
  return {
    state: withTopic(state, topic, { ...current, status: 'idle' }),
    outputs: [{ type: 'subscribe later', topic, seconds }],
  };
}
