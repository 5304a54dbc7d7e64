import * as m from '#messages';
import { mountPage } from './boot';
import { onResume } from './net/browser-events';
import { systemClock } from './net/clock';
import { afterPaint } from './net/paint';
import { unreachableProblem } from './net/problem';
import { createTokenSocketOpener } from './net/token-socket';
import { socketUrl } from './net/web-socket';
import { CurrentTime } from './stores/current-time.svelte';
import { WallBoard } from './stores/wall-board.svelte';
import { forgetWallToken, takeWallToken } from './stores/wall-secret';
import { Engine } from './sync/engine';
import './ui/base.css';
import Wall from './ui/wall/Wall.svelte';

// First, so that no other code can read the token from the address bar.
const token = takeWallToken(location, history, localStorage);
addEventListener('hashchange', () => {
  if (location.hash.length > 1) location.reload();
});

function createBoard(secret: string): WallBoard {
  const openSocket = createTokenSocketOpener(socketUrl(location), secret);
  // A wall screen sends no request: everything comes over the socket.
  const noHttp = (): Promise<never> => Promise.reject(unreachableProblem());
  const engine = new Engine(openSocket, noHttp, systemClock, afterPaint);
  onResume(() => {
    engine.resume();
  });
  return new WallBoard(engine);
}

async function forget(): Promise<void> {
  const { ask } = await import('./ui/ask');
  if (!(await ask(m.wall_forget_confirm(), m.wall_forget()))) return;
  forgetWallToken(localStorage);
  location.reload();
}

mountPage(Wall, {
  board: token === null ? null : createBoard(token),
  currentTime: new CurrentTime(1000),
  onForget: () => {
    void forget();
  },
});
