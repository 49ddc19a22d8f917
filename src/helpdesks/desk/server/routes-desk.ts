/** What belongs here: the endpoints around tickets: session, queues, files, articles, live events. */
import type { Router } from 'express';
import { answer, onlyBridge, pathId, read, route, type Context } from './answers.js';
import { refuse } from './desk.js';
import { fileHeaders, safeMediaType, safeName, type FileFolder } from './files.js';
import { articleInput, articleQuery, signInInput, uploadQuery } from './inputs.js';
import type { Live } from './live.js';
import { fileView, searchArticles } from './reading.js';
import { REACTIONS, type ArticleRow } from './records.js';
import { cleanHtml } from './sanitize.js';

export function addSessionRoutes(api: Router, { sessions, desk }: Context): void {
  api.get('/session', (request, response) => {
    const principal = sessions.principalOf(request);
    answer(response, { json: { agent: principal.kind === 'agent' ? { id: principal.id, name: principal.name } : null, queues: desk.queues, reactions: REACTIONS } });
  });
  api.post('/session', async (request, response) => {
    const { name, token } = read(signInInput, request.body);
    response.set('set-cookie', await sessions.signIn(request, name, token));
    answer(response, { status: 204 });
  });
  api.delete('/session', (request, response) => {
    response.set('set-cookie', sessions.signOut(request));
    answer(response, { status: 204 });
  });
}

export function addFileRoutes(api: Router, context: Context, files: FileFolder): void {
  const { desk, sessions } = context;
  api.post('/files', route(context, async (request) => {
    const { name, mediaType, kind, durationSeconds } = read(uploadQuery, request.query);
    const { id, sizeBytes } = await files.save(request);
    const row = { id, name: safeName(name), mediaType: safeMediaType(mediaType), sizeBytes, createdAtMs: desk.nowMs(), kind, durationSeconds };
    desk.store.write([{ type: 'file', row }]);
    return { status: 201, json: { file: fileView(row) } };
  }));
  api.get('/files/:id', async (request, response) => {
    sessions.principalOf(request);
    const row = desk.store.tables.files.get(pathId(request));
    if (row === undefined) throw refuse('not_found', 'readFile', 'there is no such file');
    response.set(fileHeaders(row));
    await new Promise<void>((resolve, reject) => {
      response.sendFile(files.pathOf(row.id), { dotfiles: 'allow', cacheControl: false }, (failure?: Error) => {
        // A browser that seeks in a video closes the connection in the middle.
        if (failure === undefined || response.headersSent) resolve();
        else reject(refuse('not_found', 'readFile', 'the file is gone from disk'));
      });
    });
  });
}

export function addArticleRoutes(api: Router, context: Context): void {
  const { desk } = context;
  const put = (id: string, body: unknown): ArticleRow => {
    const { title, html, locale } = read(articleInput, body);
    const row = { id, title, locale, ...cleanHtml(html) };
    desk.store.write([{ type: 'article', row }]);
    return row;
  };
  const getArticle = (id: string): ArticleRow => {
    const row = desk.store.tables.articles.get(id);
    if (row === undefined) throw refuse('not_found', 'readArticle', 'there is no such article');
    return row;
  };
  api.get('/articles', route(context, (request) => {
    const { search, locale, limit } = read(articleQuery, request.query);
    return { json: { articles: searchArticles(desk, search, locale, limit) } };
  }));
  api.post('/articles', route(context, (request, principal) => {
    onlyBridge(principal);
    return { status: 201, json: { id: put(`a${desk.store.tables.nextOther}`, request.body).id } };
  }));
  api.put('/articles/:id', route(context, (request, principal) => {
    onlyBridge(principal);
    return { json: { id: put(getArticle(pathId(request)).id, request.body).id } };
  }));
  api.delete('/articles/:id', route(context, (request, principal) => {
    onlyBridge(principal);
    desk.store.write([{ type: 'dropArticle', id: getArticle(pathId(request)).id }]);
    return {};
  }));
}

export function addLiveRoutes(api: Router, context: Context, live: Live): void {
  api.get('/queues', route(context, () => ({ json: { queues: context.desk.queues } })));
  api.get('/events', (request, response) => {
    context.sessions.principalOf(request);
    live.attach(request, response);
  });
}
