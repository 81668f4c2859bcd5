import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { createStyle } from '../terminal/style.ts';
import { visibleLength } from '../terminal/terminal.ts';
import { parseMetrics } from './edge-sights.ts';
import { readTotals, writeTotals } from './kept-totals.ts';
import { createPainter, pictureJson } from './picture.ts';
import { pictureLine, renderScreen } from './render.ts';
import { NO_TRAFFIC, firstByteWithin, siteTraffic } from './traffic-source.ts';
import type { EdgeSight } from './traffic-source.ts';

const money = {
  hour: 3n,
  hourEndsInMs: 4_000,
  week: 0n,
  weekEndsInMs: 90_000,
  settledReports: 2,
  settledBytes: 5_000n,
  charged: 7n,
  due: 0n,
  debt: 0n,
  kept: 4n,
  rewards: 3n,
  claimed: 1n,
};

function sight(requests: number, probes = 0): EdgeSight {
  return {
    edge: 'e',
    endpoint: 'http://127.0.0.1:8080',
    originBytes: 500,
    reports: 1,
    probes: { requests: probes, bytes: probes * 10 },
    traffic: {
      sinceMs: 0,
      hosts: [
        {
          host: 'a',
          requests,
          hits: requests - 2,
          bytes: requests * 10,
          hitBytes: (requests - 2) * 10,
          errors: 1,
        },
      ],
      paths: Array.from({ length: 30 }, (_, i) => ({
        host: 'a',
        path: `/${'long'.repeat(20)}/${i}`,
        requests: 30 - i,
        hits: 1,
        bytes: 10,
      })),
      errors: [{ code: 'edge/origin-timeout', count: 1 }],
      firstByte: [90, 0, 0, 9, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1],
    },
  };
}

const look = (sights: readonly EdgeSight[]): Parameters<ReturnType<typeof createPainter>>[0] => ({
  title: 'http://label.medianet.localhost:8080/',
  notes: ['http://127.0.0.1:8080/'],
  sights,
  money,
});

test('what guards probe is not the sites own traffic, and never more than there is', () => {
  expect(siteTraffic(sight(100, 40))).toMatchObject({
    requests: 60,
    hits: 58,
    bytes: 600,
    probes: { requests: 40, bytes: 400 },
  });
  expect(siteTraffic(sight(3, 40))).toMatchObject({
    requests: 0,
    hits: 0,
    bytes: 0,
    errors: 0,
    probes: { requests: 3, bytes: 30 },
  });
});

test('the time to the first byte is the bound of its class', () => {
  expect(firstByteWithin([sight(100)], 0.5)).toBe(1);
  expect(firstByteWithin([sight(100)], 0.95)).toBe(10);
  expect(firstByteWithin([sight(100)], 1)).toBe(Number.POSITIVE_INFINITY);
  expect(firstByteWithin([], 0.5)).toBeUndefined();
});

test('rates are between two looks, and figures go on where an earlier run was', () => {
  let now = 0;
  const paint = createPainter(() => now, { ...NO_TRAFFIC, requests: 1_000, bytes: 5 });
  expect(paint(look([sight(100)]))).toMatchObject({
    sites: { requests: 1_100, bytes: 1_005 },
    requestsPerSecond: undefined,
  });
  now = 2_000;
  expect(paint(look([sight(150)]))).toMatchObject({ requestsPerSecond: 25, bytesPerSecond: 250 });
  now = 3_000;
  // An edge that started anew.
  expect(paint(look([sight(2)]))).toMatchObject({ requestsPerSecond: 0 });
});

describe('the screen', () => {
  const style = createStyle(true);
  const many = Array.from({ length: 40 }, (_, i) => ({ ...sight(100), endpoint: `http://10.0.0.${i}:8080` }));
  test.each([
    [80, 24],
    [80, 10],
    [40, 15],
    [200, 60],
    [20, 5],
  ])('fits %i columns and %i rows', (columns, rows) => {
    for (const sights of [[sight(100)], many, []]) {
      const lines = renderScreen(createPainter(() => 0)(look(sights)), { columns, rows }, style, 'Ctrl-C');
      expect(lines.length).toBeLessThanOrEqual(rows);
      expect(lines[0]).toContain('medianet.localhost');
    }
  });

  test('shows at 80 by 24 what is asked for', () => {
    const lines = renderScreen(
      createPainter(() => 0)(look([sight(100, 10)])),
      { columns: 80, rows: 24 },
      createStyle(false),
      'Ctrl-C stops',
    );
    const text = lines.join('\n');
    for (const each of [
      '90 requests',
      'hits 97.8 %',
      'by bytes',
      'first byte within 1 ms',
      '10 requests',
      'most asked',
      'edge/origin-timeout 1',
      'hour 3',
      'reports settled 2',
      'fees',
      'rewards',
      'Ctrl-C stops',
    ])
      expect(text).toContain(each);
    expect(lines.filter((line) => visibleLength(line) > 80)).toEqual([]);
  });
});

test('a line for pipes, and JSON that holds the same', () => {
  const picture = createPainter(() => 0)(look([sight(100, 10)]));
  expect(pictureLine(picture)).toMatch(/^hour 3 {2}requests 90 {2}hits 97.8 %.*probes 10 .*rewards/);
  expect(pictureLine(picture)).not.toContain('\n');
  expect(pictureJson(picture, 0)).toMatchObject({
    at: '1970-01-01T00:00:00.000Z',
    sites: { requests: 90, probes: { requests: 10 }, firstByteP50Ms: 1 },
    errors: [{ code: 'edge/origin-timeout', count: 1 }],
  });
});

test('totals are kept, and a broken file means counting anew', async () => {
  const dir = await mkdtemp(join(tmpdir(), 'media-totals-'));
  try {
    expect(await readTotals(dir)).toEqual(NO_TRAFFIC);
    const totals = { ...NO_TRAFFIC, requests: 7, probes: { requests: 1, bytes: 2 } };
    await writeTotals(dir, totals);
    expect(await readTotals(dir)).toEqual(totals);
    for (const text of ['{"requests":-1,"probes":7}', '[', 'null']) {
      await writeFile(join(dir, 'traffic.json'), text);
      expect(await readTotals(dir)).toEqual(NO_TRAFFIC);
    }
  } finally {
    await rm(dir, { recursive: true });
  }
});

test('figures of a metrics page', () => {
  const figures = parseMetrics('# HELP a b\na_total 3\nb{outcome="hit"} 4.5\nnonsense\n');
  expect([...figures]).toEqual([
    ['a_total', 3],
    ['b{outcome="hit"}', 4.5],
  ]);
});
