import { systemClock } from '../net/clock';
import { NameApi } from '../net/name-api';
import { whenIdle } from '../net/when-idle';
import type { Engine } from '../sync/engine';
import type { ListApp } from './app';
import { KnownNames } from './known-names.svelte';

const namesOfEngines = new WeakMap<Engine, KnownNames>();

/** The names of the app. There is one store of them, loaded on demand. */
export function knownNamesOf({ dependencies: { engine }, connection, lists }: ListApp): KnownNames {
  const known = namesOfEngines.get(engine);
  if (known) return known;
  const names = new KnownNames({
    engine,
    api: new NameApi(engine.http),
    clock: systemClock,
    isLive: () => connection.status === 'live',
    listIds: () => lists.all.map(({ id }) => id),
    whenIdle,
  });
  namesOfEngines.set(engine, names);
  return names;
}
