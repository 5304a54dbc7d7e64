import type {
  EndedRequest,
  ExceptionRow,
  NetworkRow,
  OpenRequest,
  RouteRow,
  Routes,
  Ticker,
} from '../protocol/frames';
import { ROUTES_TOPIC, TICKER_TOPIC } from '../protocol/request-topics';
import type { Engine } from '../sync/engine';
import { mergeRows } from './route-rows';

/** The entries of the ticker that are kept. */
export const MAX_TICKER_ENTRIES = 100;

/** The requests by route of all processes, and the ticker. For staff. */
export class Requests {
  rows = $state.raw<readonly RouteRow[]>([]);
  exceptions = $state.raw<readonly ExceptionRow[]>([]);
  networks = $state.raw<readonly NetworkRow[]>([]);
  slowest = $state.raw<readonly EndedRequest[]>([]);
  inFlight = $state.raw<readonly OpenRequest[]>([]);
  inFlightCount = $state(0);
  isLoaded = $state(false);
  ticker = $state.raw<readonly EndedRequest[]>([]);
  /** Requests that were too many to be shown, since the ticker was switched on. */
  omitted = $state(0);
  isTicking = $state(false);

  constructor(private readonly engine: Engine) {
    engine.subscribe((events) => {
      for (const event of events) {
        if (event.kind === 'reset') this.#clear();
        if (event.kind !== 'frame') continue;
        if (event.frame.type === 'routes') this.#apply(event.frame);
        if (event.frame.type === 'ticker' && this.isTicking) this.#add(event.frame);
      }
    });
  }

  /** Follow the requests until the returned function is called. The rows are kept. */
  start(): () => void {
    this.engine.watch(ROUTES_TOPIC);
    return () => {
      this.engine.unwatch(ROUTES_TOPIC);
      this.pauseTicker();
    };
  }

  startTicker(): void {
    this.isTicking = true;
    this.engine.watch(TICKER_TOPIC);
  }

  /** Stop collecting. What was shown stays. */
  pauseTicker(): void {
    this.isTicking = false;
    this.engine.unwatch(TICKER_TOPIC);
  }

  #apply(frame: Routes): void {
    this.rows = frame.is_complete ? frame.rows : mergeRows(this.rows, frame.rows);
    this.exceptions = frame.exceptions ?? this.exceptions;
    this.networks = frame.networks ?? this.networks;
    this.slowest = frame.slowest ?? this.slowest;
    this.inFlight = frame.in_flight;
    this.inFlightCount = frame.in_flight_count;
    this.isLoaded ||= frame.is_complete;
  }

  #add(frame: Ticker): void {
    this.ticker = [...frame.requests, ...this.ticker].slice(0, MAX_TICKER_ENTRIES);
    this.omitted += frame.omitted;
  }

  #clear(): void {
    this.rows = [];
    this.exceptions = [];
    this.networks = [];
    this.slowest = [];
    this.ticker = [];
    this.inFlight = [];
    this.inFlightCount = this.omitted = 0;
    this.isLoaded = false;
  }
}

const stores = new WeakMap<Engine, Requests>();

/** Return the store of an engine. It is kept when the section is closed and opened again. */
export function requestsOf(engine: Engine): Requests {
  const store = stores.get(engine) ?? new Requests(engine);
  stores.set(engine, store);
  return store;
}
