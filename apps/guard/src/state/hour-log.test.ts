import { appendFile, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { openHourLog } from './hour-log.ts';

let dir = '';
beforeEach(async () => {
  dir = await mkdtemp(path.join(tmpdir(), 'guard-log-'));
});
afterEach(() => rm(dir, { recursive: true, force: true }));

it('keeps lines by hour across restarts', async () => {
  const log = await openHourLog(dir);
  await Promise.all([
    log.append(7n, { kind: 'a' }),
    log.append(7n, { kind: 'b' }, true),
    log.append(12n, { kind: 'c' }),
  ]);
  await log.close();
  const again = await openHourLog(dir);
  expect(await again.read(7n)).toEqual([{ kind: 'a' }, { kind: 'b' }]);
  expect(await again.hours()).toEqual([7n, 12n]);
  await again.append(7n, { kind: 'd' });
  expect(await again.read(7n)).toHaveLength(3);
  await again.close();
});

it('leaves out a line that was cut off, and does not lose the next one', async () => {
  const log = await openHourLog(dir);
  await log.append(1n, { kind: 'a' });
  await log.close();
  await appendFile(path.join(dir, '1.jsonl'), '{"kind":"ha');
  const again = await openHourLog(dir);
  await again.append(1n, { kind: 'b' }, true);
  expect(await again.read(1n)).toEqual([{ kind: 'a' }, { kind: 'b' }]);
  await again.close();
});

it('forgets what is old, also what is open', async () => {
  const log = await openHourLog(dir);
  for (const hour of [1n, 2n, 10n]) await log.append(hour, { hour: String(hour) });
  await log.forgetBefore(10n);
  expect(await log.hours()).toEqual([10n]);
  expect(await log.read(1n)).toEqual([]);
  await log.close();
});

it('says so when the disk does not take a line', async () => {
  const log = await openHourLog(dir);
  await rm(dir, { recursive: true });
  await expect(log.append(1n, {}, true)).rejects.toMatchObject({ code: 'ENOENT' });
  await log.close();
});
