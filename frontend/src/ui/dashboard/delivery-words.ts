import type { DeliveryBudget, ListScreens, ScreenRow } from '../../protocol/frames';
import type { Verb } from '../../protocol/rest';
import { withUnit } from '../number-format';

/** What a part of the path is called, what it does, and what its errors are. */
export const HOPS: Readonly<Record<string, { label: string; does: string; errors?: string }>> = {
  request: {
    label: 'request',
    does: 'From the arrival of the request to the begin of its recording',
    errors: 'failed',
  },
  recording: { label: 'recording', does: 'Signals, rows and the log, and the wait for the list' },
  commit: { label: 'commit', does: 'The database makes it durable' },
  publisher: { label: 'publisher', does: 'To the event loop of the process' },
  layer: { label: 'layer', does: 'Until the channel layer accepts it', errors: 'failed' },
  relay: {
    label: 'relay',
    does: 'Through the channel layer to each process',
    errors: 'read from the log',
  },
  order: { label: 'order', does: 'Until every earlier change of the list is there' },
  hub: { label: 'hub', does: 'To the queues of the sockets', errors: 'overflowed' },
  socket: { label: 'socket', does: 'From the queue of a socket to the server', errors: 'failed' },
  network: { label: 'network', does: 'To the screen and back, as screens report it' },
  paint: { label: 'paint', does: 'In the browser, as screens report it', errors: 'different' },
};

/** What a refused handshake is called. */
export const REFUSALS: Readonly<Record<string, string>> = {
  foreign_origin: 'page of another site',
  not_signed_in: 'not signed in',
  overloaded: 'too many new connections',
  restarting: 'restarting',
  too_many_connections: 'too many connections of one person',
  version_unknown: 'unknown version of the protocol',
  session_expired: 'session expired',
  bad_frames: 'not a frame of the protocol',
  too_big: 'message too big',
  too_slow: 'left before the welcome',
  revoked: 'signed out or revoked',
};

/** What a close code means. */
export const CLOSE_CODES: Readonly<Record<string, string>> = {
  1000: 'closed by the client',
  1001: 'page left',
  1002: 'invalid frames',
  1005: 'closed by the client, without a reason',
  1006: 'connection lost',
  1007: 'not UTF-8',
  1009: 'message too big',
  1011: 'no answer to a ping',
  1012: 'server restarted',
  4000: 'restarting',
  4001: 'session expired',
  4002: 'too slow, or disconnected here',
  4005: 'overloaded, or too many messages',
  4500: 'bad frames',
  4501: 'not signed in',
  4503: 'signed out or revoked',
  4504: 'too many connections',
  4505: 'unknown version of the protocol',
  other: 'other codes',
};

const KINDS: Readonly<Record<string, string>> = {
  added: 'added',
  ticked: 'ticked',
  unticked: 'unticked',
  edited: 'changed',
  moved: 'moved',
  removed: 'removed',
};
const LIST_CHANGES: Readonly<Record<string, string>> = {
  'list.created': 'created the list',
  'list.renamed': 'renamed the list',
  'list.edited': 'changed the list',
  'list.deleted': 'deleted the list',
  'list.restored': 'restored the list',
  undo: 'undid a change',
};

/** What a change did, without names: staff may see changes of lists that are not theirs. */
export function traceText(verb: Verb): string {
  const [noun, kind = ''] = verb.split('.');
  if (noun === 'item' || noun === 'items')
    return `${KINDS[kind] ?? 'changed'} ${noun === 'item' ? 'an item' : 'items'}`;
  return LIST_CHANGES[verb] ?? 'changed the members';
}

/** A whole number with all its digits: a sum of rounded numbers does not add up. */
export function exact(value: number): string {
  return value.toLocaleString('en');
}

/** 640 B · 9.1 kB · 2.4 MB. */
export function formatBytes(bytes: number): string {
  if (bytes < 1000) return withUnit(exact(bytes), 'B');
  const [value, unit] = bytes < 1e6 ? [bytes / 1000, 'kB'] : [bytes / 1e6, 'MB'];
  return withUnit(value >= 100 ? Math.round(value) : value.toFixed(1), unit);
}

/** The first digits of the random name of a process. */
export function shortProcess(process: string): string {
  return process.slice(0, 4);
}

export interface Verdict {
  text: string;
  tone: 'good' | 'warning' | 'danger' | 'neutral';
}

/** Whether every screen got every change. */
export function budgetVerdict({ promised, lost, waiting }: DeliveryBudget): Verdict {
  if (lost !== 0) return { text: `${exact(lost)} lost`, tone: 'danger' };
  if (promised === 0) return { text: 'Nothing to deliver yet', tone: 'neutral' };
  if (waiting > 0) return { text: `None lost, ${exact(waiting)} on the way`, tone: 'good' };
  return { text: 'None lost', tone: 'good' };
}

/** How long a client may take nothing before it counts as one that does not read. */
const STALLED_AFTER = 2000;

/** What a screen does, in words. */
export function screenVerdict(row: ScreenRow): Verdict {
  const { state, oldest_ms, pending_bytes, is_blocked, lists } = row;
  if (state === 'different') return { text: 'different', tone: 'danger' };
  if (is_blocked || (pending_bytes > 0 && (oldest_ms ?? 0) >= STALLED_AFTER))
    return { text: 'does not read', tone: 'danger' };
  if (state === 'behind' && (oldest_ms ?? 0) >= 2 * STALLED_AFTER)
    return { text: 'behind', tone: 'warning' };
  if (state === 'behind')
    return { text: pending_bytes > 0 ? 'catching up' : 'to be confirmed', tone: 'neutral' };
  if (state === 'identical') return { text: 'identical', tone: 'good' };
  return { text: lists.length > 0 ? 'does not report' : 'no list open', tone: 'neutral' };
}

/** The lists of a screen. Only the lists of the viewer have a name here. */
export function listNames(row: ScreenRow, names: ReadonlyMap<string, string>): string {
  const own = row.lists.flatMap((id) => names.get(id) ?? []);
  const others = row.lists.length - own.length;
  if (others > 0)
    own.push(
      own.length > 0
        ? `${String(others)} more`
        : others === 1
          ? 'a list'
          : `${String(others)} lists`,
    );
  return own.join(', ') || '–';
}

/** "1 screen, identical", "5 screens, all identical", "5 screens, 1 behind". */
export function screensText({
  identical,
  behind,
  different,
}: Pick<ListScreens, 'identical' | 'behind' | 'different'>): string {
  const total = identical + behind + different;
  const wrong = [
    ...(different > 0 ? [`${exact(different)} different`] : []),
    ...(behind > 0 ? [`${exact(behind)} behind`] : []),
  ].join(', ');
  const fine = total === 1 ? 'identical' : 'all identical';
  return `${exact(total)} ${total === 1 ? 'screen' : 'screens'}, ${wrong || fine}`;
}
