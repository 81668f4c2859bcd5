import { join } from 'node:path';
import { readIfPresent, writeDurably } from '@media-network/devnet/folder';
import { NO_TRAFFIC } from './traffic-source.ts';
import type { SiteTraffic } from './traffic-source.ts';

const pathOf = (dir: string): string => join(dir, 'traffic.json');

const isCount = (value: unknown): value is number =>
  typeof value === 'number' && Number.isFinite(value) && value >= 0;

/** What earlier runs in the folder had counted; nothing where there is no file, or one that cannot be read. */
export async function readTotals(dir: string): Promise<SiteTraffic> {
  const content = await readIfPresent(pathOf(dir));
  if (content === undefined) return NO_TRAFFIC;
  try {
    const value: unknown = JSON.parse(content.toString('utf8'));
    const fields: ReadonlyMap<string, unknown> = new Map(Object.entries(value ?? {}));
    const probes: ReadonlyMap<string, unknown> = new Map(Object.entries(fields.get('probes') ?? {}));
    const count = (from: ReadonlyMap<string, unknown>, name: string): number => {
      const found = from.get(name);
      return isCount(found) ? found : 0;
    };
    return {
      requests: count(fields, 'requests'),
      hits: count(fields, 'hits'),
      bytes: count(fields, 'bytes'),
      hitBytes: count(fields, 'hitBytes'),
      errors: count(fields, 'errors'),
      originBytes: count(fields, 'originBytes'),
      probes: { requests: count(probes, 'requests'), bytes: count(probes, 'bytes') },
    };
  } catch {
    // Figures to look at, not money: a broken file means counting anew.
    return NO_TRAFFIC;
  }
}

export function writeTotals(dir: string, totals: SiteTraffic): Promise<void> {
  return writeDurably(pathOf(dir), `${JSON.stringify(totals)}\n`);
}
