import { auditMonth } from '@media-network/audit';
import type { Devnet } from '@media-network/devnet';
import { burstBudget, hourSecs, monthFinalFrom, monthOfSample, samplesInRing } from '@media-network/protocol';
import { formatMedia } from '../amounts.ts';
import { formatRate } from '../resource/usage-chart.ts';
import { expectThat, until } from './story.ts';
import type { Story } from './story.ts';

/** All MEDIA that there ever is, base units. */
const SUPPLY = 10_000_000n * 10n ** 9n;
/** Slack on top of the network's own periods. */
const SLACK_MS = 30_000;

/** What a month and its fees come to: the 95th percentile of the month that a sample lies in, and what is bought back and burned. */
export async function tellMoney(devnet: Devnet, story: Story, sample: bigint): Promise<void> {
  const { client } = devnet;
  const config = await client.config();
  const hourMs = Number(hourSecs(config)) * 1_000;
  const weekMs = hourMs * config.hoursPerWeek;

  await story.step('burn', async () => {
    // The quote side of a week's fees is swapped in slices, and what was bought is burned once a week.
    const pool = await until('the burn', 2 * weekMs + SLACK_MS, async () => {
      const found = await client.account('pool', devnet.pool);
      return (found?.burned ?? 0n) > 0n ? found : undefined;
    });
    expectThat(pool !== null, 'the pool is gone');
    const { value } = await client.rpc.getTokenSupply(config.mediaMint).send();
    const left = BigInt(value.amount);
    expectThat(
      left + pool.burned === SUPPLY,
      `${formatMedia(left)} and ${formatMedia(pool.burned)} burned are not what was minted`,
    );
    return `${formatMedia(pool.burned)} bought back for the quote side of fees and burned; ${formatMedia(left)} are left`;
  });

  await story.step('percentile', async () => {
    const month = monthOfSample(config, sample);
    const within = Number(monthFinalFrom(config, month) - (await client.chainTime())) * 1_000;
    await until(`month ${month} to be finalised`, Math.max(0, within) + 3 * hourMs + SLACK_MS, async () => {
      const found = await client.account('resource', devnet.resource);
      return (found?.monthsClosed ?? 0) > Number(month) ? true : undefined;
    });
    const resource = await client.account('resource', devnet.resource);
    const ring = resource === null ? null : await client.ring(resource.ring);
    expectThat(resource !== null && ring !== null, 'the resource has no ring');
    const { samples } = samplesInRing(config, ring, month);
    const { agrees, figures } = await auditMonth({ client }, devnet.resource, Number(month));
    expectThat(agrees, 'the samples give another percentile than the chain has');
    const { allowed, above } = burstBudget(samples, figures.quotaKbps);
    const peak = samples.reduce((most, rate) => Math.max(most, rate), 0);
    expectThat(peak > 0, 'no sample of the month is above 0');
    return `month ${month}: ${formatRate(figures.p95Kbps)} at 95 %, ${formatRate(peak)} at its peak, ${above} of ${allowed} slots above the quota; counted again, it agrees`;
  });
}
