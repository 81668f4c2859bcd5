import { NODE_STATUS } from '@media-network/chain/schema';
import { byEndpoint } from '../by-endpoint.ts';
import type { ChainOptions } from '../chain-options.ts';
import type { CliContext } from '../command.ts';
import { connect } from '../connection.ts';
import { minuteOf } from '../minute.ts';
import { table } from '../terminal/table.ts';

/** A certificate as an edge tells of it; `untilMs` and the like are missing where there is none. */
interface Told {
  readonly name: string;
  readonly source: string;
  readonly state: string;
  readonly issuer?: string;
  readonly untilMs?: number;
  readonly renewAtMs?: number;
  readonly retryAtMs?: number;
  readonly lastError?: { readonly code: string; readonly message: string };
}

interface Row {
  readonly edge: string;
  readonly told: Told;
}

const TIMEOUT_MS = 5_000;

/** What an edge says of its certificates, or why it does not. */
async function ask(control: string): Promise<readonly Told[] | string> {
  try {
    const response = await fetch(new URL('/v1/certificates', control), {
      redirect: 'error',
      signal: AbortSignal.timeout(TIMEOUT_MS),
    });
    const body: unknown = await response.json();
    if (response.status === 403) return 'tells of its certificates on its own machine alone';
    if (!response.ok || typeof body !== 'object' || body === null || !('certificates' in body))
      return `answers ${response.status}`;
    return Array.isArray(body.certificates) ? body.certificates.filter(isTold) : [];
  } catch {
    return 'does not answer';
  }
}

function isTold(value: unknown): value is Told {
  return (
    typeof value === 'object' &&
    value !== null &&
    ['name', 'source', 'state'].every((field) => typeof Reflect.get(value, field) === 'string')
  );
}

const minute = (ms: number | undefined): string => (ms === undefined ? '' : minuteOf(ms));

export async function listCertificates(options: ChainOptions, context: CliContext): Promise<void> {
  const { terminal } = context;
  const { client } = await connect(options, context);
  const edges = (await client.edges()).filter(({ status }) => status === NODE_STATUS.active).sort(byEndpoint);
  const answers = await Promise.all(
    edges.map(async ({ address, endpoint, control }) => ({ address, endpoint, said: await ask(control) })),
  );
  const rows: Row[] = [];
  for (const { address, endpoint, said } of answers) {
    if (typeof said === 'string') terminal.note(`the edge at ${endpoint} ${said}`);
    else for (const told of said) rows.push({ edge: options.json === true ? address : endpoint, told });
  }
  if (options.json === true) {
    for (const { edge, told } of rows) terminal.json({ edge, ...told });
    return;
  }
  if (rows.length === 0) {
    terminal.line('No edge that tells of it serves HTTPS.');
    return;
  }
  const lines = table(
    rows,
    [
      { head: 'edge', value: ({ edge }) => edge },
      { head: 'name', value: ({ told }) => told.name },
      { head: 'from', value: ({ told }) => told.source },
      { head: 'state', value: ({ told }) => told.state },
      { head: 'issuer', value: ({ told }) => told.issuer ?? '' },
      { head: 'ends (UTC)', value: ({ told }) => minute(told.untilMs) },
      { head: 'renewed', value: ({ told }) => minute(told.renewAtMs) },
    ],
    terminal.style,
  );
  for (const line of lines) terminal.line(line);
  for (const { edge, told } of rows)
    if (told.lastError !== undefined)
      terminal.line(
        `${edge} ${told.name}: ${told.lastError.message} (${told.lastError.code}; again ${minute(told.retryAtMs)})`,
      );
}
