import { once } from 'node:events';
import { createServer } from 'node:http';
import type { Server, ServerResponse } from 'node:http';
import { connect } from 'node:net';
import { createDevnet } from '@media-network/devnet';
import type { Devnet } from '@media-network/devnet';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { WebSocketServer } from 'ws';
import { BROWSER_MS, hasBrowser, launchBrowser, patient } from './harness/browser.ts';
import { selfSigned } from './harness/certificate.ts';
import { present } from './harness/network.ts';
import { scratch, until } from './harness/processes.ts';

/** A publisher's origin: a page, a chat in which everybody hears everybody, and the same as a stream of events. */
interface ChatOrigin {
  readonly url: string;
  /** People in the chat now. */
  readonly people: () => number;
  /** Listeners to the stream now. */
  readonly listeners: () => number;
  say(text: string): void;
  close(): Promise<void>;
}

async function startChat(): Promise<ChatOrigin> {
  const streams = new Set<ServerResponse>();
  const server: Server = createServer((request, response) => {
    if (request.url !== '/events') {
      response.setHeader('Content-Type', 'text/html');
      response.end('<!doctype html><title>chat</title>');
      return;
    }
    response.writeHead(200, { 'Content-Type': 'text/event-stream' }).flushHeaders();
    streams.add(response);
    response.on('close', () => streams.delete(response));
  });
  const chat = new WebSocketServer({ server, path: '/chat' });
  function say(text: string): void {
    for (const each of chat.clients) each.send(text);
    for (const each of streams) each.write(`data: ${text}\n\n`);
  }
  chat.on('connection', (socket) => socket.on('message', (data: Buffer) => say(data.toString())));
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('no port');
  return {
    url: `http://127.0.0.1:${address.port}`,
    people: () => chat.clients.size,
    listeners: () => streams.size,
    say,
    async close() {
      for (const each of chat.clients) each.terminate();
      server.closeAllConnections();
      await new Promise<void>((resolve) => {
        server.close(() => resolve());
      });
    },
  };
}

/** A client of the platform: whoever it is, it has nothing of ours. */
interface Person {
  readonly heard: string[];
  readonly socket: WebSocket;
  readonly closed: Promise<CloseEvent>;
}

async function join(port: number): Promise<Person> {
  const socket = new WebSocket(`ws://127.0.0.1:${port}/chat`);
  const heard: string[] = [];
  socket.addEventListener('message', ({ data }) => heard.push(String(data)));
  const closed = new Promise<CloseEvent>((resolve) => {
    socket.addEventListener('close', resolve);
  });
  await new Promise<void>((resolve, reject) => {
    socket.addEventListener('open', () => resolve());
    socket.addEventListener('error', () => reject(new Error('no WebSocket')));
  });
  return { socket, heard, closed };
}

describe('a chat behind three edges', () => {
  let origin: ChatOrigin;
  let network: Devnet;
  let folder: Awaited<ReturnType<typeof scratch>>;

  beforeAll(async () => {
    folder = await scratch();
    origin = await startChat();
    network = await createDevnet({ origin: origin.url, edges: 3, edgeTls: selfSigned(folder.dir) });
  });
  afterAll(async () => {
    await network?.close();
    await origin?.close();
    await folder?.remove();
  });

  test('everybody hears everybody, by WebSocket and by events, whichever edge they came to', async () => {
    const ports = network.edges.map(({ port }) => port);
    const people = await Promise.all(ports.map(join));
    const streams = await Promise.all(
      ports.map(async (port) => {
        const socket = connect(port, '127.0.0.1', () =>
          socket.write(`GET /events HTTP/1.1\r\nHost: ${network.host}\r\nAccept: text/event-stream\r\n\r\n`),
        );
        let text = '';
        socket.on('data', (part: Buffer) => (text += part.toString('latin1')));
        await once(socket, 'data');
        return { socket, text: () => text };
      }),
    );
    expect([origin.people(), origin.listeners()]).toEqual([3, 3]);
    const before = network.edges.map((edge) => edge.stats().bytes);
    const words = Array.from({ length: 30 }, (_, i) => `word ${i} of ${'x'.repeat(i * 50)}`);
    for (const [i, word] of words.entries()) people[i % 3]?.socket.send(word);
    await until('all to be heard by all', 60_000, async () =>
      people.every(({ heard }) => heard.length === words.length) ? true : undefined,
    );
    for (const { heard } of people) expect(heard.toSorted()).toEqual(words.toSorted());
    await until('all events', 60_000, async () =>
      streams.every(({ text }) => words.every((word) => text().includes(`data: ${word}\n\n`)))
        ? true
        : undefined,
    );
    // Each edge has counted what its two viewers got, and not what they said.
    const said = words.reduce((sum, word) => sum + word.length, 0);
    for (const [i, edge] of network.edges.entries()) {
      const bytes = edge.stats().bytes - (before[i] ?? 0);
      expect(bytes).toBeGreaterThan(2 * said);
      expect(bytes).toBeLessThan(2 * said + words.length * 40);
    }
    people[0]?.socket.close(4000, 'bye');
    expect(await people[0]?.closed).toMatchObject({ code: 4000, reason: 'bye', wasClean: true });
    for (const { socket } of streams) socket.resetAndDestroy();
    await until('the listeners to be gone', 60_000, async () =>
      origin.listeners() === 0 ? true : undefined,
    );
    for (const { socket } of people) socket.close();
    await Promise.all(people.map(({ closed }) => closed));
  });

  test.skipIf(!hasBrowser)('a browser on a page of the site, over TLS', async () => {
    const browser = await launchBrowser();
    try {
      const page = patient(await browser.newPage({ ignoreHTTPSErrors: true }));
      const port = present(network.edges[1]?.httpsPort, 'an HTTPS port');
      await page.goto(`https://${network.host}:${port}/`);
      await page.evaluate(`
        window.heard = [];
        window.chat = new WebSocket('/chat');
        chat.onmessage = ({ data }) => heard.push('ws ' + data);
        chat.onclose = ({ code, reason }) => heard.push('closed ' + code + ' ' + reason);
        window.events = new EventSource('/events');
        events.onmessage = ({ data }) => heard.push('sse ' + data);
        Promise.all([chat, events].map((each) => new Promise((done) => (each.onopen = done))))
      `);
      origin.say('from the origin');
      await page.evaluate(`chat.send('from the page')`);
      const heard = (): Promise<string[]> => page.evaluate<string[]>('heard');
      await until('all four', BROWSER_MS, async () => ((await heard()).length >= 4 ? true : undefined));
      expect((await heard()).toSorted()).toEqual([
        'sse from the origin',
        'sse from the page',
        'ws from the origin',
        'ws from the page',
      ]);
      // The edge ends: its viewers are told in words that a script can read.
      void network.edges[1]?.close();
      await until('the end', BROWSER_MS, async () =>
        (await heard()).includes('closed 1001 edge/draining') ? true : undefined,
      );
    } finally {
      await browser.close();
    }
  });
});
