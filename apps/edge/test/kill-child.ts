import { writeSync } from 'node:fs';
import { join } from 'node:path';
import { silentLog, systemClock } from '@media-network/runtime';
import { createFront } from '@media-network/http-front';
import { evidenceReaders } from '../src/journal/evidence-readers.ts';
import { openJournal } from '../src/journal/journal.ts';
import { createLedger } from '../src/journal/ledger.ts';

/**
 * A front with a journal and nothing else, to be killed: serves a body of the size in the target and
 * prints, on standard output, what it found at its start, its port, and every acknowledged total.
 */
const dir = process.argv[2];
if (dir === undefined) throw new Error('usage: kill-child DIR');
const RESOURCE = 'ab'.repeat(32);
const say = (line: string): void => {
  writeSync(1, `${line}\n`);
};

const ledger = createLedger(evidenceReaders);
const journal = await openJournal(
  { ledger, clock: systemClock, log: silentLog },
  { dir: join(dir, 'journal') },
);
say(`start ${ledger.total(RESOURCE)}`);
const front = createFront<string>({
  async answer(request) {
    const body = Buffer.alloc(Number(request.target.slice(1)), 'k');
    return { status: 200, statusText: 'OK', headers: [], contentLength: body.length, body, token: RESOURCE };
  },
  onWritten(token, head, body) {
    if (token !== undefined) ledger.addServed(token, 5, head + body);
  },
});
const { port } = await front.listen({ host: '127.0.0.1', port: 0 });
say(`port ${port}`);
for (;;) {
  const total = ledger.total(RESOURCE);
  await journal.flush();
  say(`ack ${total}`);
  await systemClock.sleep(2);
}
