/** What belongs here: proofs of docs/security.md. This file: a server that nobody may ever ask, and servers that try to send others there. */
import { createServer, type IncomingHttpHeaders, type IncomingMessage, type ServerResponse } from 'node:http';
import { buffer } from 'node:stream/consumers';

export interface Asked {
  readonly method: string;
  readonly url: string;
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
}

export interface Listener {
  readonly url: string;
  readonly asked: readonly Asked[];
  close(): Promise<void>;
}

/** Records whoever asks; `answer` gets the request when its body is read. */
export async function listenTo(answer: (asked: Asked, response: ServerResponse) => void): Promise<Listener> {
  const asked: Asked[] = [];
  const server = createServer((request: IncomingMessage, response) => {
    buffer(request).catch(() => Buffer.alloc(0)).then((body) => {
      const one = { method: request.method ?? '', url: request.url ?? '', headers: request.headers, body: body.toString('utf8') };
      asked.push(one);
      answer(one, response);
    }).catch(() => response.destroy());
  });
  await new Promise<void>((resolve) => { server.listen(0, '127.0.0.1', resolve); });
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('no port');
  return {
    url: `http://127.0.0.1:${address.port}`, asked,
    close: () => new Promise((resolve) => {
      server.close(() => { resolve(); });
      server.closeAllConnections();
    }),
  };
}

/** Answers whatever anybody could want, so that a request that was sent there by mistake would look like a success. */
export function startTrap(): Promise<Listener> {
  return listenTo((_asked, response) => {
    response.writeHead(200, { 'content-type': 'application/json' }).end('{"ok":true,"result":{"message_id":1},"items":[],"comments":[],"more":false}');
  });
}

/** Every way in which HTML asks a reader to fetch `url`. */
export function fetchingHtml(url: string): string {
  return `<p>before</p><img src="${url}/img.png" alt="picture"><img srcset="${url}/a.png 1x, ${url}/b.png 2x"><img src="cid:part1@mail"><img src="//${new URL(url).host}/scheme.png">
    <picture><source srcset="${url}/c.png"></picture><link rel="stylesheet" href="${url}/style.css"><link rel="preload" as="image" href="${url}/preload">
    <style>@import url("${url}/import.css"); body { background: url(${url}/css.png) }</style><div style="background:url('${url}/inline.png')">styled</div>
    <script src="${url}/script.js"></script><iframe src="${url}/frame"></iframe><object data="${url}/object"></object><embed src="${url}/embed">
    <video src="${url}/v.mp4" poster="${url}/poster.png"></video><audio src="${url}/a.ogg"></audio><svg><image href="${url}/svg.png"/><use href="${url}/use.svg#a"/></svg>
    <table background="${url}/table.png"><tr><td background="${url}/cell.png">cell</td></tr></table><form action="${url}/form"><input type="image" src="${url}/input.png"></form>
    <meta http-equiv="refresh" content="0;url=${url}/refresh"><base href="${url}/"><a href="${url}/link" ping="${url}/ping">a link</a><p>after</p>`;
}
