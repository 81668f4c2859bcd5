import { createFastHit, createFront } from '../src/index.ts';
import type {
  FastHit,
  Front,
  FrontLimits,
  FrontOptions,
  ParsedRequest,
  TlsListening,
  TlsOptions,
} from '../src/index.ts';
import { TestResponse } from './test-response.ts';

interface Written {
  head: number;
  body: number;
}

export interface TestFront {
  readonly front: Front;
  readonly port: number;
  /** Every request that reached a handler, as `lane method host target`. */
  readonly seen: string[];
  readonly written: Map<string, Written>;
  readonly refused: string[];
  readonly total: () => number;
  /** Of a front with TLS. */
  readonly renew: TlsListening['renew'];
}

export interface TestFrontOptions {
  readonly hits?: Readonly<Record<string, Buffer>>;
  readonly slow?: (request: ParsedRequest, response: TestResponse) => void | Promise<void>;
  readonly limits?: Partial<FrontLimits>;
  readonly clock?: FrontOptions['clock'];
  readonly tls?: TlsOptions;
}

/** A front over fixed hits; whatever is no hit is answered by `slow`, with the target as body by default. */
export async function startTestFront(options: TestFrontOptions = {}): Promise<TestFront> {
  const hits = new Map<string, FastHit<string>>();
  for (const [target, body] of Object.entries(options.hits ?? {})) {
    hits.set(
      target,
      createFastHit({
        token: `hit ${target}`,
        status: 200,
        headers: ['Content-Type', 'text/plain'],
        body,
        varying: (s) => ['Age', String(s % 60)],
      }),
    );
  }
  const seen: string[] = [];
  const refused: string[] = [];
  const written = new Map<string, Written>();
  const front = createFront<string>(
    {
      fast(request) {
        seen.push(`fast ${request.method} ${request.host} ${request.target}`);
        return hits.get(request.target);
      },
      async answer(request) {
        seen.push(`slow ${request.method} ${request.host} ${request.target}`);
        const response = new TestResponse(`slow ${request.target}`);
        if (options.slow === undefined) response.end(`target ${request.target}`);
        else {
          const handled = Promise.resolve(options.slow(request, response));
          // A handler may go on writing; one that fails has no answer.
          await Promise.race([response.answer, handled]);
        }
        return response.answer;
      },
      onWritten(token, head, body) {
        const sum = written.get(token ?? 'nobody') ?? { head: 0, body: 0 };
        sum.head += head;
        sum.body += body;
        written.set(token ?? 'nobody', sum);
      },
      onRefused: (reason, status) => refused.push(`${status} ${reason}`),
    },
    { limits: options.limits ?? {}, ...(options.clock === undefined ? {} : { clock: options.clock }) },
  );
  const where = { host: '127.0.0.1', port: 0 };
  const listening =
    options.tls === undefined
      ? { ...(await front.listen(where)), renew: () => undefined }
      : await front.listenTls(where, options.tls);
  const { port, renew } = listening;
  return {
    front,
    port,
    seen,
    renew,
    written,
    refused,
    total: () => [...written.values()].reduce((sum, one) => sum + one.head + one.body, 0),
  };
}
