import { connect as connectTls } from 'node:tls';
import { HOUR_STATUS, NODE_STATUS, RESOURCE_STATUS } from '@media-network/chain/schema';
import type { Found } from '@media-network/chain';
import { weekAt } from '@media-network/protocol';
import { errorCode, errorMessage } from '@media-network/runtime';
import { formatMedia, formatSol, formatUnits } from '../amounts.ts';
import { strangerWords, whoAnswers } from '../node-identity.ts';
import type { ChainOptions } from '../chain-options.ts';
import type { CliContext } from '../command.ts';
import type { Connection } from '../connection.ts';
import { mintDecimals } from '../connection.ts';
import { labelOf } from '../resource/find.ts';
import { openSettings } from '../resource/open-settings.ts';
import { nameLines, sightsOf } from '../resource/own-names.ts';
import { guardWords, standing } from '../resource/standing.ts';
import { lpWorthMedia } from '../stake/stake-facts.ts';
import { STALLED_HINT, recentHours, stalledSince, stalledWords } from '../view/recording.ts';
import { bad, good, warning } from './finding.ts';
import type { Finding } from './finding.ts';

/** Below this a wallet soon cannot pay the fees of its reports and verdicts. */
const LEAST_LAMPORTS = 50_000_000n;
/** Guards refuse requests whose time is off by more than 60 s (docs/evidence.md). */
const MOST_SKEW_SECS = 30;
const CERTIFICATE_DAYS = 14;
/** What is there and takes longer is not well, however busy its machine. */
const TIMEOUT_MS = 8_000;

export async function chain(connection: Connection): Promise<{
  readonly findings: readonly Finding[];
  readonly config: Found<'config'> | undefined;
}> {
  const { client } = connection;
  let slot: bigint;
  try {
    slot = await client.rpc.getSlot().send();
  } catch (error) {
    const hint =
      errorCode(error) === 'chain/unreachable'
        ? 'Start a network with "media up", a chain alone with "media chain", or name another with --url.'
        : '';
    return { findings: [bad('chain', errorMessage(error), hint)], config: undefined };
  }
  const findings: Finding[] = [good('chain', `${client.rpcUrl} answers, slot ${slot}`)];
  let config: Found<'config'>;
  try {
    config = await client.config();
  } catch (error) {
    findings.push(
      bad(
        'network',
        errorMessage(error),
        'Name its program with --program, or create one: "media program deploy", then "media network create".',
      ),
    );
    return { findings, config: undefined };
  }
  const skew = Number(await client.chainTime()) - Date.now() / 1000;
  findings.push(
    Math.abs(skew) > MOST_SKEW_SECS
      ? bad(
          'clock',
          `the chain's clock and this machine's are ${Math.round(Math.abs(skew))} s apart`,
          'Set the clock of this machine (timedatectl set-ntp true): guards refuse what is off by a minute.',
        )
      : good('clock', `the chain's clock and this machine's are ${Math.abs(skew).toFixed(1)} s apart`),
  );
  return { findings, config };
}

async function ready(kind: 'guard' | 'edge', account: string, base: string): Promise<string | undefined> {
  const answering = await whoAnswers(kind, account, base, TIMEOUT_MS);
  if (answering === 'nobody') return 'does not answer';
  if (answering !== 'itself') return `is not what answers: ${strangerWords(kind, answering)}`;
  try {
    const response = await fetch(new URL('/readyz', base), { signal: AbortSignal.timeout(TIMEOUT_MS) });
    if (response.ok) {
      await response.body?.cancel();
      return undefined;
    }
    const text = (await response.text()).slice(0, 300).trim();
    return `is not ready (${response.status}): ${text}`;
  } catch {
    return 'does not answer';
  }
}

/** Every guard and edge: whether it answers, has enough at stake, and its certificate holds. */
export async function nodes(connection: Connection, config: Found<'config'>): Promise<readonly Finding[]> {
  const { client } = connection;
  const [guards, edges, now] = await Promise.all([client.guards(), client.edges(), client.chainTime()]);
  const findings: Finding[] = [];
  const active = [
    ...guards.map((node) => ({
      kind: 'guard' as const,
      node,
      ask: node.endpoint,
      least: config.minGuardStake,
    })),
    ...edges.map((node) => ({ kind: 'edge' as const, node, ask: node.control, least: config.minEdgeStake })),
  ].filter(({ node }) => node.status === NODE_STATUS.active);
  for (const { kind, node, ask, least } of active) {
    const who = await connection.named(node.owner);
    const name = `${kind} of ${who} at ${node.endpoint}`;
    const why = await ready(kind, node.address, ask);
    findings.push(
      why === undefined
        ? good(kind, `the ${name} is ready`)
        : bad(
            kind,
            `the ${name} ${why}`,
            `Start it ("media ${kind}" with its wallet), see its log, or take it off with "media ${kind} leave".`,
          ),
    );
    const stake = await client.account('stake', node.stake);
    const pool = stake === null ? null : await client.account('pool', stake.pool);
    if (stake !== null && pool !== null) {
      const needed = lpWorthMedia(pool, config, now, least);
      if (stake.lp < needed) {
        const decimals = await mintDecimals(client, pool.lpMint);
        const missing = formatUnits(needed - stake.lp, decimals);
        findings.push(
          bad(
            'stake',
            `the ${kind} of ${who} has ${formatUnits(stake.lp, decimals)} LP at stake and needs ${formatUnits(needed, decimals)} (worth ${formatMedia(least)})`,
            `Add to it with "media stake add ${missing} --role ${kind}" and its wallet.`,
          ),
        );
      }
    }
    if (kind === 'edge' && node.endpoint.startsWith('https:'))
      findings.push(await certificate(node.endpoint));
  }
  if (!active.some(({ kind }) => kind === 'edge'))
    findings.push(bad('edge', 'no edge is registered', '"media edge" runs one.'));
  const set = await client.guardSet(weekAt(config, now));
  const seats = set?.count ?? 0;
  const words = `${seats} ${seats === 1 ? 'guard' : 'guards'}`;
  findings.push(
    seats < config.minGuards
      ? bad(
          'guards',
          `this week's set has ${words} and needs ${config.minGuards}: nothing is authorised or judged`,
          'Run more guards with "media guard"; they join by themselves.',
        )
      : good('guards', `this week's set has ${words}`),
  );
  return findings;
}

/** Whether hours become final: without, everything answers and nothing is recorded. */
export async function recording(
  connection: Connection,
  config: Found<'config'>,
): Promise<readonly Finding[]> {
  const { client } = connection;
  const now = await client.chainTime();
  const hours = await recentHours(client, config, now);
  const stalled = stalledSince(config, now, hours);
  if (stalled !== undefined) return [bad('hours', stalledWords(stalled), STALLED_HINT)];
  const last = hours.find(({ status }) => status === HOUR_STATUS.final);
  return [
    good(
      'hours',
      last === undefined ? 'none is due to be final yet' : `hour ${last.hour} is the newest that is final`,
    ),
  ];
}

async function certificate(endpoint: string): Promise<Finding> {
  const url = new URL(endpoint);
  return new Promise((resolve) => {
    const socket = connectTls({
      host: url.hostname,
      port: Number(url.port === '' ? 443 : url.port),
      servername: url.hostname,
      timeout: TIMEOUT_MS,
    });
    const end = (finding: Finding): void => {
      socket.destroy();
      resolve(finding);
    };
    socket.once('secureConnect', () => {
      const until = new Date(socket.getPeerCertificate().valid_to);
      const days = Math.floor((until.getTime() - Date.now()) / 86_400_000);
      end(
        days < CERTIFICATE_DAYS
          ? warning(
              'certificate',
              `that of ${endpoint} ends in ${days} days`,
              'Renew it and restart the edge.',
            )
          : good('certificate', `that of ${endpoint} holds for ${days} days`),
      );
    });
    socket.once('timeout', () =>
      end(bad('certificate', `${endpoint} does not answer`, 'See the log of the edge.')),
    );
    socket.once('error', (error) =>
      end(
        bad(
          'certificate',
          `that of ${endpoint} is refused (${errorCode(error)})`,
          'Viewers refuse it too: use one of a known authority that names this host.',
        ),
      ),
    );
  });
}

/** The wallets of this folder: to try a password on everybody's settings would take long, and open none. */
async function addressesHere({ wallets: store }: Connection): Promise<ReadonlySet<string>> {
  const found = await Promise.all(
    (await store.names()).map((name) => store.load(name).catch(() => undefined)),
  );
  return new Set(found.flatMap((wallet) => (wallet === undefined ? [] : [String(wallet.address)])));
}

/** Names of a resource's own and which of them some edge does not serve, where its settings can be opened here. */
async function ownNames(
  connection: Connection,
  resource: Found<'resource'>,
  options: ChainOptions,
  context: CliContext,
): Promise<readonly Finding[]> {
  const opened = await openSettings(connection, resource, options, context);
  if (opened.kind !== 'open') return [];
  const sights = await sightsOf(connection.client, resource, opened.settings, true);
  return sights.map((sight) => {
    const [text = '', ...hints] = nameLines(sight);
    return sight.why === null
      ? good('name', `${sight.name} leads to resource ${labelOf(resource)} at every edge`)
      : warning('name', text, hints.join(' ').replace(/^put/, 'Put'));
  });
}

/** Resources that are not served, and why. */
export async function resources(
  connection: Connection,
  options: ChainOptions,
  context: CliContext,
): Promise<readonly Finding[]> {
  const { client } = connection;
  const all = (await client.resources()).filter((each) => each.status !== RESOURCE_STATUS.released);
  const here = await addressesHere(connection);
  const findings: Finding[] = [];
  for (const resource of all) {
    const name = `resource ${labelOf(resource)}`;
    if (resource.status === RESOURCE_STATUS.active) {
      findings.push(good('resource', `${name} is authorised`));
      if (here.has(resource.publisher))
        findings.push(...(await ownNames(connection, resource, options, context)));
      continue;
    }
    const { text, hint } = standing(resource, await guardWords(client, resource));
    const meant = resource.status === RESOURCE_STATUS.paused || resource.status === RESOURCE_STATUS.removed;
    findings.push(
      meant ? warning('resource', `${name} is ${text}`, hint) : bad('resource', `${name} is ${text}`, hint),
    );
  }
  if (all.length === 0)
    findings.push(
      warning(
        'resource',
        'nothing is published',
        '"media resource add http://127.0.0.1:3000" publishes a site.',
      ),
    );
  return findings;
}

/** Wallets of this folder that pay for something and have little left. */
export async function wallets(connection: Connection): Promise<readonly Finding[]> {
  const { client } = connection;
  const names = await connection.wallets.names();
  if (names.length === 0)
    return [
      warning('wallets', `there is none in ${connection.wallets.dir}`, '"media wallet new" makes one.'),
    ];
  const owners = new Set<string>();
  for (const node of [...(await client.guards()), ...(await client.edges())])
    if (node.status === NODE_STATUS.active) owners.add(node.owner).add(node.operator);
  const findings: Finding[] = [];
  let enough = 0;
  for (const name of names) {
    const wallet = await connection.wallets.load(name).catch(() => undefined);
    if (wallet === undefined) {
      findings.push(
        bad(
          'wallets',
          `${connection.wallets.path(name)} is no keypair file`,
          'Put the right file in its place, or remove it.',
        ),
      );
      continue;
    }
    if (!owners.has(wallet.address)) continue;
    const held = await client.lamports(wallet.address);
    if (held >= LEAST_LAMPORTS) enough += 1;
    else
      findings.push(
        bad(
          'wallets',
          `${name} runs a node and holds ${formatSol(held)}`,
          `Send it some SOL; on a test chain: "media wallet airdrop 1 ${name}".`,
        ),
      );
  }
  if (findings.length === 0)
    findings.push(
      good(
        'wallets',
        `${names.length} wallets${enough === 0 ? '' : `, ${enough} of them run nodes and can pay`}`,
      ),
    );
  return findings;
}
