/** The one way to mock HTTP in tests. Answers get a length: without one, a client that keeps connections alive waits for ever. */
import { expect } from '@jest/globals';
import nock from 'nock';

/** Only mocked hosts can be reached, until `endMocks`. */
export function mockHost(url: string): nock.Scope {
  if (!nock.isActive()) nock.activate();
  nock.disableNetConnect();
  return nock(url).defaultReplyHeaders({
    'content-length': (_request, _response, body) => String(Buffer.byteLength(typeof body === 'string' || Buffer.isBuffer(body) ? body : JSON.stringify(body ?? ''))),
  });
}

/** To be called after each test: what was mocked must have been asked for. */
export function endMocks(): void {
  const unused = nock.pendingMocks();
  nock.abortPendingRequests();
  nock.cleanAll();
  nock.enableNetConnect();
  nock.restore();
  expect(unused).toEqual([]);
}
