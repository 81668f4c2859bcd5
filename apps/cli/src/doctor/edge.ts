import { X509Certificate, createPrivateKey } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { NODE_STATUS, ROLE } from '@media-network/chain/schema';
import type { Found, Signer } from '@media-network/chain';
import type { EdgeConfig } from '@media-network/edge/config';
import { edgePorts } from '@media-network/edge/config';
import { errorMessage } from '@media-network/runtime';
import { requireFreePorts } from '@media-network/runtime/daemon';
import { formatMedia, formatSol, formatUnits } from '../amounts.ts';
import type { Connection } from '../connection.ts';
import { mintDecimals } from '../connection.ts';
import { whoAnswers } from '../node-identity.ts';
import { lpWorthMedia } from '../stake/stake-facts.ts';
import { bad, good, warning } from './finding.ts';
import type { Finding } from './finding.ts';

/** The rent of an edge's accounts, and fees for some weeks. */
const LEAST_LAMPORTS = 50_000_000n;
const CERTIFICATE_DAYS = 14;
const DAY_MS = 86_400_000;
const TIMEOUT_MS = 2_000;

/** Whether the ports are free, or its own. `holder`: the process that uses the edge's folder. */
export async function ports(
  config: EdgeConfig,
  holder: { readonly pid: number } | undefined,
): Promise<readonly Finding[]> {
  const wanted = edgePorts(config);
  const words = wanted.map(({ host, port }) => `${host}:${port}`).join(', ');
  if (holder !== undefined)
    return [good('ports', `the edge runs already, as process ${holder.pid}: ${words}`)];
  try {
    await requireFreePorts(wanted);
    return [good('ports', `free: ${words}`)];
  } catch (error) {
    return [bad('ports', errorMessage(error), '')];
  }
}

/** The files that `--tls-cert` and `--tls-key` name. */
export async function certificate(
  { tlsCert, tlsKey }: Pick<EdgeConfig, 'tlsCert' | 'tlsKey'>,
  nowMs: number,
): Promise<readonly Finding[]> {
  if (tlsCert === undefined || tlsKey === undefined) return [];
  const WHERE = 'Name PEM files with --tls-cert (the whole chain, its own first) and --tls-key.';
  let leaf: X509Certificate;
  try {
    leaf = new X509Certificate(await readFile(tlsCert));
  } catch (error) {
    return [bad('certificate', `${tlsCert} is no certificate: ${errorMessage(error)}`, WHERE)];
  }
  try {
    if (!leaf.checkPrivateKey(createPrivateKey(await readFile(tlsKey))))
      return [bad('certificate', `${tlsKey} is not the key of ${tlsCert}`, WHERE)];
  } catch (error) {
    return [bad('certificate', `${tlsKey} is no private key: ${errorMessage(error)}`, WHERE)];
  }
  const names = leaf.subjectAltName?.replaceAll(/DNS:|IP Address:/g, '') ?? 'no name';
  const days = Math.floor((leaf.validToDate.getTime() - nowMs) / DAY_MS);
  if (leaf.validFromDate.getTime() > nowMs)
    return [
      bad(
        'certificate',
        `${tlsCert} (${names}) holds from ${leaf.validFrom} on`,
        'Set the clock of this machine, or wait.',
      ),
    ];
  if (days < 0) return [bad('certificate', `${tlsCert} (${names}) ended on ${leaf.validTo}`, 'Renew it.')];
  return [
    days < CERTIFICATE_DAYS
      ? warning(
          'certificate',
          `${tlsCert} (${names}) ends in ${days} days`,
          'Renew it, then "media edge upgrade" takes it over.',
        )
      : good('certificate', `${tlsCert} (${names}) holds for ${days} days`),
  ];
}

/** Whether the wallet can pay for what an edge sends. */
export async function funds(connection: Connection, wallet: Signer): Promise<readonly Finding[]> {
  const held = await connection.client.lamports(wallet.address);
  const who = await connection.named(wallet.address);
  return [
    held >= LEAST_LAMPORTS
      ? good('wallet', `${who} holds ${formatSol(held)}`)
      : bad(
          'wallet',
          `${who} holds ${formatSol(held)}, and an edge needs ${formatSol(LEAST_LAMPORTS)} for rent and fees`,
          `Send it some SOL; on a test chain: "media wallet airdrop 1 ${wallet.address}".`,
        ),
  ];
}

/** What the chain knows of the wallet: an edge, and its stake; or what is missing to be one. */
export async function role(
  connection: Connection,
  wallet: Signer,
  config: Found<'config'>,
  quote: string | undefined,
): Promise<readonly Finding[]> {
  const { client } = connection;
  const found = await client.edge(wallet.address);
  const now = await client.chainTime();
  if (found !== null && found.status === NODE_STATUS.active) {
    const findings: Finding[] = [
      good('edge', `registered as ${found.address}, for viewers at ${found.endpoint}`),
    ];
    const answering = await whoAnswers('edge', found.address, found.control, TIMEOUT_MS);
    if (answering !== 'nobody' && answering !== 'itself')
      findings.push(
        bad(
          'edge',
          `something else answers at ${found.control}, where guards look for its evidence`,
          'Give it the right --control, or stop what answers there.',
        ),
      );
    const stake = await client.account('stake', found.stake);
    const pool = stake === null ? null : await client.account('pool', stake.pool);
    if (stake === null || pool === null) return findings;
    const needed = lpWorthMedia(pool, config, now, config.minEdgeStake);
    const decimals = await mintDecimals(client, pool.lpMint);
    const words = `${formatUnits(stake.lp, decimals)} LP at stake; ${formatUnits(needed, decimals)} are worth the ${formatMedia(config.minEdgeStake)} that an edge needs`;
    findings.push(
      stake.lp >= needed
        ? good('stake', words)
        : bad(
            'stake',
            words,
            `Add to it: "media stake add ${formatUnits(needed - stake.lp, decimals)} --role edge" with its wallet.`,
          ),
    );
    return findings;
  }
  const pool = await connection.pool(quote);
  const decimals = await mintDecimals(client, pool.lpMint);
  // A fifth above the least, as it will be when it registers.
  const wanted = (lpWorthMedia(pool, config, now, config.minEdgeStake) * 6n) / 5n;
  const [held, stake] = await Promise.all([
    client.tokenBalance(wallet.address, pool.lpMint),
    client.stake(wallet.address, pool.address, ROLE.edge),
  ]);
  const has = held + (stake?.lp ?? 0n);
  const words = `not registered yet: "media edge" does it, with ${formatUnits(wanted, decimals)} LP at stake`;
  return [
    has >= wanted
      ? good('edge', words)
      : bad(
          'edge',
          `${words}, of which the wallet has ${formatUnits(has, decimals)}`,
          `Send it ${formatUnits(wanted - has, decimals)} LP, or provide liquidity: "media pool add".`,
        ),
  ];
}
