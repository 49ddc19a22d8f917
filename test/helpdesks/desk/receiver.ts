/** What belongs here: somebody whom the desk tells what happens. */
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { buffer } from 'node:stream/consumers';

export interface Delivery {
  readonly headers: Record<string, string | undefined>;
  readonly body: Buffer;
}

export interface Receiver {
  readonly url: string;
  readonly deliveries: Delivery[];
  /** The next one that was not asked for yet. */
  next(): Promise<Delivery>;
  close(): Promise<void>;
}

/** A webhook receiver that answers as told, and can be waited for. */
export async function startReceiver(answers: readonly number[] = []): Promise<Receiver> {
  const deliveries: Delivery[] = [];
  const unread: Delivery[] = [];
  let waiting: ((delivery: Delivery) => void) | undefined;
  const server = createServer((incoming: IncomingMessage, outgoing: ServerResponse) => {
    void buffer(incoming).then((body) => {
      const delivery = { headers: incoming.headers as Record<string, string | undefined>, body };
      outgoing.writeHead(answers[deliveries.length] ?? 200, { 'content-length': '0' }).end();
      deliveries.push(delivery);
      if (waiting === undefined) unread.push(delivery);
      else waiting(delivery);
      waiting = undefined;
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  return {
    url: `http://127.0.0.1:${typeof address === 'object' && address !== null ? address.port : 0}/helpdesk`,
    deliveries,
    next: () => new Promise((resolve) => {
      const delivery = unread.shift();
      if (delivery === undefined) waiting = resolve;
      else resolve(delivery);
    }),
    close: () => new Promise((resolve) => {
      server.close(() => resolve());
      server.closeAllConnections();
    }),
  };
}
