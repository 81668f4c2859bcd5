import { METHODS } from 'node:http';
import { mutated } from '@media-network/runtime/testing';
import type { FuzzRandom, FuzzTarget } from '@media-network/runtime/testing';
import { readAuthority } from '../src/authority.ts';
import { createChunkedScanner } from '../src/chunked.ts';
import { HeadParser } from '../src/head-parser.ts';
import { defaultLimits } from '../src/limits.ts';
import { RequestBody } from '../src/request-body.ts';
import { TargetMemo } from '../src/target-memo.ts';
import { pathProblem } from '../src/target.ts';
import { fuzzOnce } from './h2/fuzz-run.ts';

/** Small limits, so that inputs reach them. */
/** As the listeners of a front share one: what it remembers of others must not show. */
const targets = new TargetMemo();
const LIMITS = { ...defaultLimits, maxRequestLineBytes: 200, maxHeadBytes: 260, maxHeaders: 5 };
const NOISE = [
  '\r',
  '\n',
  '\r\n',
  ' ',
  '\t',
  ':',
  '\0',
  '\x01',
  '\x7f',
  '\xe9',
  '%',
  '/',
  '..',
  '//',
  ',',
  'Host: b',
  'HTTP/1.1',
  '?',
  '#',
  '\\',
];
const LEFT_BEHIND = [
  '\n\r\n',
  '//x HTTP/1.1\r\nHost: b\r\n\r\n',
  ': 1\r\nContent-Length: 9\r\n\r\n',
  '\0',
].map((text) => Buffer.from(text, 'latin1'));
const FIELDS = [
  'X: y',
  'X-Long: a, b;c="d"',
  'Cookie: a=b',
  'Connection: close',
  'Connection: keep-alive',
  'connection: x, Close',
  'Range: bytes=0-',
  'If-None-Match: "x"',
  'If-Range: "a"',
  'Authorization: Basic x',
  'Expect: 100-continue',
  'Upgrade: h2c',
  'Content-Length: 3',
  'Content-Length: 0',
  'content-length: 15',
  'Transfer-Encoding: chunked',
  'TRANSFER-ENCODING: Chunked',
  'X: \xff\x80',
  'X:',
  'Host: a.example',
  'Host: A.Example:80',
];
const TARGETS = [
  '/',
  '/a',
  '/a/b.c?d=e',
  '/a?b=/../',
  '/%20;x',
  'http://a.example/x',
  'http://a.example:80?q',
  '*',
  '/a/../b',
  '/%2e%2e/',
  '//x',
  '/a/.b/..c',
  `/${'a'.repeat(190)}`,
];

function head(random: FuzzRandom): string {
  const method = random.pick([
    'GET',
    'GET',
    'GET',
    'HEAD',
    'POST',
    'PUT',
    'get',
    'OPTIONS',
    'CONNECT',
    'PRI',
    'BREW',
  ]);
  const version = random.oneIn(8)
    ? random.pick(['HTTP/1.0', 'HTTP/2.0', 'http/1.1', 'HTTP/1.2'])
    : 'HTTP/1.1';
  const lines = random.several(5, () => random.pick(FIELDS));
  if (!random.oneIn(8))
    lines.splice(
      random.int(lines.length + 1),
      0,
      random.pick(['Host: a.example', 'hOsT:a.example', 'Host: a.example:8080']),
    );
  return `${random.oneIn(20) ? '\r\n' : ''}${method} ${random.pick(TARGETS)} ${version}\r\n${lines.map((line) => `${line}\r\n`).join('')}\r\n`;
}

/** Another reader of the same head, written for clarity: what it makes of a head that the parser accepts. */
function reading(
  text: string,
): { readonly start: string; readonly fields: readonly (readonly [string, string])[] } | undefined {
  const whole = /^(?:\r\n)?([^\r\n]*)\r\n((?:[^\r\n]+\r\n)*)\r\n/.exec(text);
  if (whole === null) return undefined;
  const fields: (readonly [string, string])[] = [];
  for (const line of (whole[2] ?? '').split('\r\n').slice(0, -1)) {
    const field = /^([!#$%&'*+.^_`|~0-9A-Za-z-]+):[ \t]*([\t\x20-\x7e\x80-\xff]*?)[ \t]*$/.exec(line);
    if (field === null) return undefined;
    fields.push([field[1] ?? '', field[2] ?? '']);
  }
  return { start: whole[1] ?? '', fields };
}

function check(holds: boolean, what: string, input: unknown): void {
  if (!holds) throw new Error(`${what}: ${JSON.stringify(input)}`);
}

const requestParser: FuzzTarget = {
  name: 'request-parser',
  doc: 'heads of requests: one reading, the same in pieces, and that of a second reader',
  run(random) {
    const text = mutated(head(random), random, NOISE);
    const behind = random.oneIn(3) ? 'GET /next HTTP/1.1\r\nHost: b\r\n\r\n' : '';
    const bytes = Buffer.from(text + behind, 'latin1');
    const parser = new HeadParser(LIMITS, 'http', targets);
    const outcome = parser.parse(bytes, 0, bytes.length);
    // In pieces: never another reading, and a refusal only of what is refused as a whole.
    const part = new HeadParser(LIMITS, 'http', targets);
    const cut = random.int(bytes.length + 1);
    const first = part.parse(bytes, 0, cut);
    // Sockets share the memory that they read into: what another left behind this one's bytes says nothing.
    for (const left of LEFT_BEHIND) {
      const shared = Buffer.concat([bytes.subarray(0, cut), left]);
      const other = new HeadParser(LIMITS, 'http', targets);
      const beside = other.parse(shared, 0, cut);
      const same = beside === first && (beside !== 'refused' || other.refusal.reason === part.refusal.reason);
      check(same, `${beside} beside another's bytes and ${first} without`, text);
    }
    if (first !== 'incomplete') {
      check(first === outcome, `${first} in pieces and ${outcome} as a whole`, text);
      // What is wrong and too long may be told as either.
      if (first !== 'refused') check(part.headEnd === parser.headEnd, 'two ends', text);
    }
    if (outcome === 'refused') return `refused ${parser.refusal.reason}`;
    if (outcome === 'incomplete') {
      check(bytes.length < LIMITS.maxHeadBytes, 'waits for more than is allowed', text.length);
      return outcome;
    }
    const accepted = bytes.toString('latin1', 0, parser.headEnd);
    const second = reading(accepted);
    if (second === undefined)
      throw new Error(`accepted what a second reader does not: ${JSON.stringify(text)}`);
    check(
      second.start === `${parser.method} ${parser.rawTarget} HTTP/1.${parser.minorVersion}`,
      'two start lines',
      text,
    );
    check(METHODS.includes(parser.method), 'an unknown method', text);
    check(
      JSON.stringify(second.fields.flat()) === JSON.stringify(parser.rawHeaders()),
      'two lists of fields',
      text,
    );
    const values = (name: string): string[] =>
      second.fields.filter(([each]) => each.toLowerCase() === name).map(([, value]) => value);
    const [host = '', ...hosts] = values('host');
    const authority = readAuthority(host);
    check(
      hosts.length === 0 && authority.kind === 'ok' && authority.host === parser.host,
      'another host',
      text,
    );
    check(
      parser.target.startsWith('/') && pathProblem(parser.target.slice(0, parser.pathEnd)) === undefined,
      'a target that could be another',
      text,
    );
    check(
      parser.pathEnd === (parser.target.indexOf('?') + 1 || parser.target.length + 1) - 1,
      'another path',
      text,
    );
    const lengths = values('content-length');
    const codings = values('transfer-encoding');
    check(lengths.length + codings.length <= 1, 'two framings', text);
    check(
      parser.contentLength === (lengths[0] === undefined ? -1 : Number(lengths[0])),
      'another length',
      text,
    );
    check(parser.chunked === (codings.length === 1), 'another coding', text);
    if (outcome === 'plain') {
      check(
        !/^(?:range|if-match|if-none-match|if-modified-since|if-unmodified-since|if-range|authorization|expect|upgrade|proxy-authorization|content-length|transfer-encoding)$/im.test(
          second.fields.map(([name]) => name).join('\n'),
        ),
        'plain and is not',
        text,
      );
      check(
        parser.minorVersion === 1 && (parser.method === 'GET' || parser.method === 'HEAD'),
        'plain and is not',
        text,
      );
    }
    const closes = /(?:^|,)[ \t]*close[ \t]*(?:,|$)/i.test(values('connection').join(','));
    check(parser.keepAlive === (parser.minorVersion === 1 && !closes), 'another persistence', text);
    return outcome;
  },
};

const CHUNK_NOISE = [
  '\r',
  '\n',
  '\r\n',
  ' ',
  ';',
  '0',
  'f',
  'g',
  '-',
  '+',
  '0x',
  '\t',
  '\0',
  ':',
  'a',
  '=',
  '"',
];

/** The grammar of RFC 9112 §7.1 as one expression after the other: the data and where it ends. */
function dechunk(text: string): { readonly data: string; readonly used: number } | 'bad' | 'more' {
  let at = 0;
  let data = '';
  for (;;) {
    const rest = text.slice(at);
    const line = /^([0-9a-f]{1,12})(?:;[\t\x20-\x7e\x80-\xff]*)?\r\n/i.exec(rest);
    if (line === null)
      return /^(?:[0-9a-f]{1,12}(?:;[\t\x20-\x7e\x80-\xff]*)?\r?)?$/i.test(rest) ? 'more' : 'bad';
    at += line[0].length;
    const size = Number.parseInt(line[1] ?? '', 16);
    if (size === 0) break;
    if (text.length < at + size) return 'more';
    data += text.slice(at, at + size);
    at += size;
    const end = text.slice(at, at + 2);
    if (!'\r\n'.startsWith(end)) return 'bad';
    if (end.length < 2) return 'more';
    at += 2;
  }
  for (;;) {
    const rest = text.slice(at);
    if (rest.startsWith('\r\n')) return { data, used: at + 2 };
    const line = /^[\x21-\x7e\x80-\xff][\t\x20-\x7e\x80-\xff]*\r\n/.exec(rest);
    if (line === null)
      return /^(?:[\x21-\x7e\x80-\xff][\t\x20-\x7e\x80-\xff]*)?\r?$/.test(rest) ? 'more' : 'bad';
    at += line[0].length;
  }
}

const chunks: FuzzTarget = {
  name: 'chunks',
  doc: 'chunked bodies: data and end as a second reader has them, in any pieces',
  run(random) {
    const parts = random
      .several(4, () => 'x\r\n0a'.repeat(random.int(8)).slice(random.int(3)))
      .filter((part) => part !== '');
    const sound =
      parts
        .map((part) => `${part.length.toString(16)}${random.oneIn(4) ? ';a=b' : ''}\r\n${part}\r\n`)
        .join('') + `0\r\n${random.oneIn(4) ? 'Trailer: x\r\n' : ''}\r\n`;
    const text = mutated(sound, random, CHUNK_NOISE) + (random.oneIn(3) ? 'GET / HTTP/1.1\r\n' : '');
    const bytes = Buffer.from(text, 'latin1');
    const expected = dechunk(text);
    let data = '';
    let used = 0;
    let kind: 'more' | 'done' | 'bad' = 'more';
    const scanner = createChunkedScanner();
    for (let at = 0; at < bytes.length && kind === 'more';) {
      const end = Math.min(bytes.length, at + 1 + random.int(12));
      const piece = bytes.subarray(at, end);
      const result = scanner.scan(piece, (part) => (data += part.toString('latin1')));
      kind = result.kind;
      check(
        result.used <= piece.length && (kind !== 'more' || result.used === piece.length),
        'used what was not given',
        text,
      );
      used += result.used;
      at = end;
    }
    if (typeof expected === 'string') check(kind === expected, `${kind} and not ${expected}`, text);
    else
      check(
        kind === 'done' && data === expected.data && used === expected.used,
        `${kind} ${used} ${data}`,
        text,
      );
    // The stream that a handler reads.
    const body = new RequestBody(
      -1,
      true,
      () => undefined,
      () => undefined,
    );
    const taken = body.feed(bytes);
    check(kind === 'bad' ? taken === -1 : taken === used, 'the stream ends elsewhere', text);
    body.destroy();
    return kind;
  },
};

const http2: FuzzTarget = {
  name: 'h2-frames',
  doc: 'HTTP/2 connections: frames in any order, broken or not; what comes out is HTTP/2',
  run: (random) => `ended with ${fuzzOnce(random.int(2 ** 31)).code}`,
};

/** By name, for the command and the gate. */
export const FUZZ_TARGETS: readonly FuzzTarget[] = [requestParser, chunks, http2];
