import type { Clock } from '../net/clock';
import type { Http } from '../net/http';
import { Line } from '../net/reconnect';
import type { Dial } from '../net/wire';
import type { Verdict } from '../protocol/close';
import { topicOf } from '../protocol/topic';
import type {
  Change,
  ListPosition,
  PresentPerson,
  Sample,
  ServerFrame,
  Welcome,
} from '../protocol/types';
import type { Edit } from './edit';
import type { Outbox } from './outbox';
import { Postman } from './postman';
import { apply, emptyReplica, positionOf, type Replica } from './replica';
import { emptySession, step, type Input, type Over, type Session } from './session';
import type { Shelf } from './shelf';

/** What happened, for the stores. Everything of one message arrives together. */
export type News =
  | { kind: 'welcome'; frame: Welcome }
  | { kind: 'down'; verdict: Verdict }
  /** Nothing that was told before may be shown any more. */
  | { kind: 'reset' }
  | { kind: 'replica'; topic: string; before: Replica; after: Replica; change: Change | null }
  | { kind: 'over'; topic: string; why: Over }
  | { kind: 'presence'; topic: string; people: readonly PresentPerson[] }
  | { kind: 'joined'; list: ListPosition }
  | { kind: 'left'; list: string }
  | { kind: 'sample'; sample: Sample }
  | { kind: 'history'; topic: string; columns: Readonly<Record<string, unknown[]>> }
  | { kind: 'outbox' };

export type Listener = (news: readonly News[]) => void;

/** Keeps replicas of what is followed, and sends edits. Decides nothing: see the pure parts. */
export class Engine {
  #session: Session = emptySession;
  readonly #replicas = new Map<string, Replica>();
  readonly #listeners = new Set<Listener>();
  readonly #line: Line;
  readonly #postman: Postman;

  constructor(
    dial: Dial,
    http: Http,
    private readonly clock: Clock,
    shelf: Shelf,
  ) {
    this.#line = new Line(dial, clock, {
      frames: (frames) => {
        this.#heard(frames);
      },
      down: (verdict) => {
        this.#fell(verdict);
      },
    });
    this.#postman = new Postman(http, clock, shelf, {
      changed: () => {
        this.#tell([{ kind: 'outbox' }]);
      },
      signedOut: () => {
        this.#line.stop();
        this.#fell('sign in');
      },
      answered: (list) => {
        this.#postman.settle(this.replica(topicOf(list)), null);
      },
    });
  }

  start(): void {
    this.#line.start();
    void this.#postman.start();
  }

  /** The network or the page came back. */
  wake(): void {
    this.#line.wake();
    this.#postman.kick();
  }

  /** Forget everything: the person signed out. */
  reset(): void {
    this.#line.stop();
    this.#postman.clear();
    this.#session = emptySession;
    this.#replicas.clear();
    this.#tell([{ kind: 'reset' }]);
  }

  listen(listener: Listener): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  follow(topic: string): void {
    this.#tell(this.#turn({ do: 'want', topic }));
  }

  forget(topic: string): void {
    this.#replicas.delete(topic);
    this.#tell(this.#turn({ do: 'forget', topic }));
  }

  /** Tell the others on a list that this person looks at it; null: no longer. */
  show(topic: string, presence: PresentPerson['state'] | null): void {
    this.#tell(this.#turn({ do: 'show', topic, presence }));
  }

  replica(topic: string): Replica {
    return this.#replicas.get(topic) ?? emptyReplica(topic);
  }

  get outbox(): Outbox {
    return this.#postman.outbox;
  }

  edit(edit: Edit, about: string): string {
    return this.#postman.post(edit, about);
  }

  /** The version of the change that an edit has made, once that is known. */
  effectOf(op: string): number | null {
    return this.#postman.effectOf(op);
  }

  retry(op: string): void {
    this.#postman.retry(op);
  }

  drop(op: string): void {
    this.#postman.drop(op);
  }

  #heard(frames: readonly ServerFrame[]): void {
    // The replica first: where it stands decides what the session asks for.
    const news = frames.flatMap((frame) => [
      ...this.#take(frame),
      ...this.#turn({ do: 'heard', frame }),
    ]);
    this.#tell(news);
  }

  #fell(verdict: Verdict): void {
    this.#turn({ do: 'down' });
    this.#tell([{ kind: 'down', verdict }]);
  }

  #take(frame: ServerFrame): News[] {
    switch (frame.type) {
      case 'welcome':
        this.#postman.kick();
        return [{ kind: 'welcome', frame }];
      case 'snapshot':
      case 'change':
      case 'ended':
        return this.#apply(frame);
      case 'subscribed':
        return frame.history
          ? [{ kind: 'history', topic: frame.topic, columns: frame.history }]
          : [];
      case 'sample':
        return [{ kind: 'sample', sample: frame }];
      case 'presence':
        return [{ kind: 'presence', topic: frame.topic, people: frame.people }];
      case 'joined':
        return [{ kind: 'joined', list: frame.list }];
      case 'left':
        return [{ kind: 'left', list: frame.list }];
      default:
        return [];
    }
  }

  #apply(frame: ServerFrame & { topic: string }): News[] {
    const { topic } = frame;
    if (!this.#session.wanted.has(topic)) return [];
    const before = this.replica(topic);
    const { replica: after, effect } = apply(before, frame);
    this.#replicas.set(topic, after);
    if (effect === 'gap') return this.#turn({ do: 'gap', topic });
    const change = frame.type === 'change' ? frame : null;
    // Also a change that was dropped settles: it may have come inside a snapshot.
    if (effect !== 'waiting') this.#postman.settle(after, change);
    return effect === 'applied' ? [{ kind: 'replica', topic, before, after, change }] : [];
  }

  /** Let the session decide, and do what it says. */
  #turn(input: Input): News[] {
    const { session, outputs } = step(this.#session, input, (topic) =>
      positionOf(this.replica(topic)),
    );
    this.#session = session;
    const news: News[] = [];
    for (const output of outputs) {
      if (output.do === 'send') this.#line.send(output.frame);
      else if (output.do === 'over') news.push(this.#over(output.topic, output.why));
      else this.#askLater(output.topic, output.seconds);
    }
    return news;
  }

  #over(topic: string, why: Over): News {
    this.#replicas.delete(topic);
    return { kind: 'over', topic, why };
  }

  #askLater(topic: string, seconds: number): void {
    this.clock.after(seconds * 1000, () => {
      this.#tell(this.#turn({ do: 'ask again', topic }));
    });
  }

  #tell(news: readonly News[]): void {
    if (news.length === 0) return;
    for (const listener of this.#listeners) listener(news);
  }
}
