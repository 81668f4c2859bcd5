import { request } from 'node:http';

/** What the suite's client reads of a response; a platform Response would refuse some of its statuses. */
export interface SuiteResponse {
  readonly status: number;
  readonly statusText: string;
  readonly headers: Headers;
  readonly interim: readonly { readonly status: number; readonly headers: Headers }[];
  text(): Promise<string>;
}

export interface SuiteFetchInit {
  readonly method?: string;
  readonly headers?: readonly (readonly [name: string, value: string])[];
  readonly body?: string;
}

/** Longer than the suite's own pauses. */
const TIMEOUT_MS = 15_000;

/** Fetch as the suite needs it: every field as it is given, no redirect followed, a connection of its own. */
export function createSuiteFetch(
  port: number,
  host: string,
): (url: string, init?: SuiteFetchInit) => Promise<SuiteResponse> {
  return (url, init = {}) =>
    new Promise((resolve, reject) => {
      const { pathname, search } = new URL(url);
      const body = init.body === undefined ? undefined : Buffer.from(init.body);
      const fields = [
        'Host',
        host,
        ...(init.headers ?? []).flat().map(String),
        ...(body === undefined ? [] : ['Content-Length', String(body.length)]),
      ];
      const interim: { status: number; headers: Headers }[] = [];
      const asked = request(
        {
          host: '127.0.0.1',
          port,
          path: pathname + search,
          method: init.method ?? 'GET',
          headers: fields,
          agent: false,
          timeout: TIMEOUT_MS,
        },
        (response) => {
          const parts: Buffer[] = [];
          response.on('data', (part: Buffer) => parts.push(part));
          response.on('error', reject);
          response.on('end', () =>
            resolve({
              status: response.statusCode ?? 0,
              statusText: response.statusMessage ?? '',
              headers: headersOf(response.rawHeaders),
              interim,
              text: () => Promise.resolve(Buffer.concat(parts).toString()),
            }),
          );
        },
      );
      asked.on('information', (info) =>
        interim.push({ status: info.statusCode, headers: headersOf(info.rawHeaders) }),
      );
      asked.on('timeout', () => asked.destroy(new Error(`no answer within ${TIMEOUT_MS / 1000} s`)));
      asked.on('error', reject);
      asked.end(body);
    });
}

function headersOf(raw: readonly string[]): Headers {
  const headers = new Headers();
  for (let i = 0; i + 1 < raw.length; i += 2) headers.append(raw[i] ?? '', raw[i + 1] ?? '');
  return headers;
}
