import { tokenHeader } from '@media-network/protocol';
import { silentLog } from '@media-network/runtime';
import { createManualClock } from '@media-network/runtime/testing';
import { expect, it } from 'vitest';
import { hourAt } from '../src/chain/periods.ts';
import { evidenceReaders } from '../src/journal/evidence-readers.ts';
import { createLedger } from '../src/journal/ledger.ts';
import { createSessionDesk } from '../src/session/session-desk.ts';
import { createTenantBook } from '../src/tenant/tenant-book.ts';
import { createFakeChain, randomAddress } from './fake-chain.ts';
import { createPublisher } from './publisher.ts';

it('keeps room for the viewers of others when the tokens of one resource are many', async () => {
  const publisher = await createPublisher();
  const chain = createFakeChain(randomAddress());
  chain.vouchKey = publisher.vouchKey;
  const views = [chain.addResource(undefined), chain.addResource(undefined)];
  const book = createTenantBook(chain, { zone: 'medianet.test' });
  const ledger = createLedger(evidenceReaders);
  const desk = createSessionDesk({
    chain,
    ledger,
    journal: { flush: async () => undefined },
    sample: () => 0,
    hasOpenCredit: () => true,
    maxOfResource: 2,
  });
  const hour = hourAt(chain.periods, chain.nowMs());
  const header = async (which: 0 | 1, at = hour): Promise<string> => {
    const view = views[which];
    if (view === undefined) throw new Error('two resources');
    return tokenHeader((await publisher.session(view.address, at)).token);
  };
  const open = async (which: 0 | 1, token: string): Promise<string> => {
    const tenant = book.byKey(views[which]?.key ?? '');
    if (tenant === undefined) throw new Error('two resources');
    const outcome = await desk.open(token, tenant);
    return outcome.kind === 'refused' ? outcome.code : outcome.kind;
  };
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
