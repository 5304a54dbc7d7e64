import { Api } from '../../src/net/api';
import type { Http, HttpRequest } from '../../src/net/http';

interface FakeApi {
  api: Api;
  http: Http;
  /** The requests so far. */
  requests: HttpRequest[];
}

/** An API whose responses come from a function, which may throw or return a promise. */
export function createFakeApi(respond: (request: HttpRequest) => unknown): FakeApi {
  const requests: HttpRequest[] = [];
  const http: Http = async <T>(request: HttpRequest) => {
    requests.push(request);
    return (await respond(request)) as T;
  };
  return { api: new Api(http), http, requests };
}
