import { tokenHeader } from '@media-network/protocol';
import { silentLog } from '@media-network/runtime';
import { createManualClock } from '@media-network/runtime/testing';
import { expect, it } from 'vitest';
import type { ResourceView } from '../src/chain/edge-chain.ts';
import { hourAt } from '../src/chain/periods.ts';
import { evidenceReaders } from '../src/journal/evidence-readers.ts';
import { createLedger } from '../src/journal/ledger.ts';
import type { Ledger } from '../src/journal/ledger.ts';
import { createSessionDesk } from '../src/session/session-desk.ts';
import type { SessionDesk, SessionDeskDeps } from '../src/session/session-desk.ts';
import { createTenantBook } from '../src/tenant/tenant-book.ts';
import { createFakeChain, randomAddress } from './fake-chain.ts';
import { createPublisher } from './publisher.ts';

/** A desk with so many resources, and who asks there with tokens of them. */
async function deskOf(
  count: number,
  bounds: Partial<SessionDeskDeps>,
): Promise<{
  readonly desk: SessionDesk;
  readonly ledger: Ledger;
  readonly hour: number;
  readonly header: (which: number, at?: number) => Promise<string>;
  readonly open: (which: number, token: string) => Promise<string>;
}> {
  const publisher = await createPublisher();
  const chain = createFakeChain(randomAddress());
  chain.vouchKey = publisher.vouchKey;
  const views = Array.from({ length: count }, () => chain.addResource(undefined));
  const book = createTenantBook(chain, { zone: 'medianet.test' });
  const ledger = createLedger(evidenceReaders);
  const desk = createSessionDesk({
    chain,
    ledger,
    journal: { flush: async () => undefined },
    sample: () => 0,
    hasOpenCredit: () => true,
    ...bounds,
  });
  const hour = hourAt(chain.periods, chain.nowMs());
  const viewOf = (which: number): ResourceView => {
    const view = views[which];
    if (view === undefined) throw new Error(`there are ${count} resources`);
    return view;
  };
  return {
    desk,
    ledger,
    hour,
    header: async (which, at = hour) =>
      tokenHeader((await publisher.session(viewOf(which).address, at)).token),
    async open(which, token) {
      const tenant = book.byKey(viewOf(which).key);
      if (tenant === undefined) throw new Error('a resource of the chain is in the book');
      const outcome = await desk.open(token, tenant);
      return outcome.kind === 'refused' ? outcome.code : outcome.kind;
    },
  };
}

it('keeps room for the viewers of others when the tokens of one resource are many', async () => {
  const { desk, ledger, hour, header, open } = await deskOf(2, { maxOfResource: 2 });
  const first = await header(0);
  expect([await open(0, first), await open(0, await header(0))]).toEqual(['ok', 'ok']);
  expect(await open(0, await header(0))).toBe('token/too-many-sessions');
  // Those that were there go on, and so do others.
  expect([await open(0, first), await open(1, await header(1))]).toEqual(['ok', 'ok']);

  // What is reported is forgotten, and makes room.
  ledger.seal(hour, { root: '', bytes: 0, count: 0 });
  await desk.task({ clock: createManualClock(), log: silentLog }).runNow();
  expect(desk.size).toBe(0);
  const later = await Promise.all([1, 2, 3].map(() => header(0, hour + 1)));
  const outcomes: string[] = [];
  for (const token of later) outcomes.push(await open(0, token));
  expect(outcomes).toEqual(['ok', 'ok', 'token/too-many-sessions']);
});

it('keeps room for the viewers of others when the tokens of some resources are many', async () => {
  const { desk, header, open } = await deskOf(6, { maxSessions: 100, maxOfResource: 40, fewOfResource: 3 });
  const taken = [];
  for (const which of [0, 1, 2, 3, 4]) {
    let count = 0;
    while ((await open(which, await header(which))) === 'ok') count += 1;
    taken.push(count);
  }
  // Who comes first may have much, but not what is kept for others.
  expect(taken).toEqual([40, 10, 3, 3, 3]);
  expect(desk.size).toBeLessThan(100);
  expect(await open(5, await header(5))).toBe('ok');
});
