/** What a CA answers with (RFC 8555 §7.1), read strictly: undefined is what ACME does not know. */
export interface Directory {
  readonly newNonce: string;
  readonly newAccount: string;
  readonly newOrder: string;
  /** RFC 9773; not every CA has it. */
  readonly renewalInfo: string | undefined;
  readonly needsBinding: boolean;
}

export type OrderStatus = 'pending' | 'ready' | 'processing' | 'valid' | 'invalid';

export interface Order {
  readonly status: OrderStatus;
  readonly authorizations: readonly string[];
  readonly finalize: string;
  readonly certificate: string | undefined;
  readonly error: string | undefined;
}

export interface Challenge {
  readonly type: string;
  readonly url: string;
  readonly status: string;
  readonly token: string;
  readonly error: string | undefined;
}

export interface Authorization {
  readonly status: string;
  readonly name: string;
  readonly challenges: readonly Challenge[];
}

export interface RenewalWindow {
  readonly fromMs: number;
  readonly untilMs: number;
}

const STATUSES: ReadonlySet<string> = new Set(['pending', 'ready', 'processing', 'valid', 'invalid']);
/** What stands in a URL path and in a file name of the edge (RFC 8555 §8.1). */
const TOKEN = /^[\w-]{1,256}$/;
const MAX_LIST = 100;

type Fields = Readonly<Record<string, unknown>>;

function fields(value: unknown): Fields | undefined {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
    ? Object.fromEntries(Object.entries(value))
    : undefined;
}

function text(value: unknown): string | undefined {
  return typeof value === 'string' ? value : undefined;
}

function list(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value.slice(0, MAX_LIST) : [];
}

/** `dns: …`, as problems say it. */
function problem(value: unknown): string | undefined {
  const read = fields(value);
  if (read === undefined) return undefined;
  const type = text(read['type'])?.split(':').at(-1);
  return [type, text(read['detail'])]
    .filter((each) => each !== undefined)
    .join(': ')
    .slice(0, 500);
}

export function readDirectory(value: unknown): Directory | undefined {
  const read = fields(value);
  const [newNonce, newAccount, newOrder] = ['newNonce', 'newAccount', 'newOrder'].map((name) =>
    text(read?.[name]),
  );
  if (newNonce === undefined || newAccount === undefined || newOrder === undefined) return undefined;
  const meta = fields(read?.['meta']);
  return {
    newNonce,
    newAccount,
    newOrder,
    renewalInfo: text(read?.['renewalInfo']),
    needsBinding: meta?.['externalAccountRequired'] === true,
  };
}

export function readOrder(value: unknown): Order | undefined {
  const read = fields(value);
  const status = text(read?.['status']);
  const finalize = text(read?.['finalize']);
  if (read === undefined || status === undefined || finalize === undefined || !STATUSES.has(status))
    return undefined;
  return {
    status: status as OrderStatus, // one of the set
    authorizations: list(read['authorizations']).flatMap((each) => text(each) ?? []),
    finalize,
    certificate: text(read['certificate']),
    error: problem(read['error']),
  };
}

export function readAuthorization(value: unknown): Authorization | undefined {
  const read = fields(value);
  const status = text(read?.['status']);
  const name = text(fields(read?.['identifier'])?.['value']);
  if (read === undefined || status === undefined || name === undefined) return undefined;
  const challenges = list(read['challenges']).flatMap((each) => {
    const one = fields(each);
    const [type, url, challengeStatus] = [text(one?.['type']), text(one?.['url']), text(one?.['status'])];
    const token = text(one?.['token']) ?? '';
    if (type === undefined || url === undefined || challengeStatus === undefined || !TOKEN.test(token))
      return [];
    return { type, url, status: challengeStatus, token, error: problem(one?.['error']) };
  });
  return { status, name, challenges };
}

export function readWindow(value: unknown): RenewalWindow | undefined {
  const window = fields(fields(value)?.['suggestedWindow']);
  const fromMs = Date.parse(text(window?.['start']) ?? '');
  const untilMs = Date.parse(text(window?.['end']) ?? '');
  return untilMs > fromMs ? { fromMs, untilMs } : undefined;
}
