import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import type { Http, HttpRequest } from '../src/net/http';
import { Problem } from '../src/net/problem';
import { Drill } from '../src/stores/drill.svelte';

const FAULTS = [{ name: 'kill', title: 'Kill a process', explanation: 'It ends.', since: null }];

beforeEach(() => {
  vi.useFakeTimers();
});
afterEach(() => {
  vi.useRealTimers();
});

/** A server that gives these answers, one for each request; an error is thrown. */
function server(...answers: (object | Error)[]): { http: Http; requests: HttpRequest[] } {
  const requests: HttpRequest[] = [];
  const http = ((request: HttpRequest) => {
    requests.push(request);
    const answer = answers.shift();
    return answer instanceof Error ? Promise.reject(answer) : Promise.resolve(answer);
  }) as Http;
  return { http, requests };
}

test('asks until the fault has ended, even if the server that was asked is killed', async () => {
  const running = { running: 'kill', error: null, faults: FAULTS };
  const { http, requests } = server(running, new Error('offline'), running, {
    ...running,
    running: null,
  });
  const drill = new Drill(http);
  await drill.cause('kill');
  expect(drill.running).toBe('kill');
  await vi.advanceTimersByTimeAsync(2500);
  expect(drill.running).toBe('kill');
  await vi.advanceTimersByTimeAsync(2500);
  expect(drill.running).toBeNull();
  expect(requests.map(({ method }) => method)).toEqual(['POST', 'GET', 'GET', 'GET']);
});

test('says why a fault could not be caused', async () => {
  const problem = new Problem(409, 'fault_running', 'Another fault is running: wait for its end.');
  const { http } = server(problem);
  const drill = new Drill(http);
  await drill.cause('kill');
  expect(drill.submission.generalError()).toBe('Another fault is running: wait for its end.');
});
