import { CoreApi } from '../net/core-api';
import { Problem, UNREACHABLE_STATUS } from '../net/problem';
import type { StoreDependencies } from './app';
import type { Connection } from './connection.svelte';
import { isServerAway } from './server-away';

/** Whether a sheet can use the server. */
export interface ServerReach {
  readonly isAway: boolean;
}

/** What tells whether the server answers. */
export interface FollowedServer {
  connection: Connection;
  dependencies: Pick<StoreDependencies, 'engine'>;
}

/**
 * Follow whether the server answers. Call it while a component is created.
 *
 * A network that blocks WebSockets may let requests through, so while the socket is down each of
 * its tries is followed by one request.
 */
export function followServer({ connection, dependencies }: FollowedServer): ServerReach {
  let answersRequests = $state(false);
  const isDown = $derived(isServerAway(connection));

  $effect(() => {
    const { isOnline, nextTryAt } = connection;
    if (!isDown || !isOnline) {
      answersRequests = false;
      return undefined;
    }
    if (nextTryAt === null) return undefined;
    let isOutdated = false;
    void answers(new CoreApi(dependencies.engine.http)).then((isAnswered) => {
      if (!isOutdated) answersRequests = isAnswered;
    });
    return () => {
      isOutdated = true;
    };
  });

  return {
    get isAway() {
      return !connection.isOnline || (isDown && !answersRequests);
    },
  };
}

async function answers(api: CoreApi): Promise<boolean> {
  try {
    await api.getProfile();
    return true;
  } catch (error) {
    // A proxy answers with 502 to 504 for a server that is away.
    const status = error instanceof Problem ? error.status : UNREACHABLE_STATUS;
    return status !== UNREACHABLE_STATUS && status < 500;
  }
}
