import { readFile } from 'node:fs/promises';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { startTestNetwork } from './network.ts';
import type { TestNetwork } from './network.ts';
import { request } from './raw-http.ts';

const FILE = new URL('../../../packaging/grafana/media-edge.json', import.meta.url);
/** What Prometheus adds to every figure. */
const OF_PROMETHEUS = ['instance', 'job'];

interface Panel {
  readonly id: number;
  readonly type: string;
  readonly title: string;
  readonly gridPos: { readonly x: number; readonly y: number; readonly w: number; readonly h: number };
  readonly targets?: readonly { readonly expr: string; readonly refId: string }[];
}
interface Dashboard {
  readonly panels: readonly Panel[];
  readonly templating: { readonly list: readonly { readonly name: string }[] };
}

let network: TestNetwork;
let dashboard: Dashboard;
/** Labels of each metric of a real edge, by its name. */
const metrics = new Map<string, Set<string>>();

beforeAll(async () => {
  dashboard = JSON.parse(await readFile(FILE, 'utf8')) as Dashboard; // checked below
  network = await startTestNetwork();
  await request(network.edge.port, 'nobody.example', '/');
  const text = await (await fetch(`${network.edge.controlUrl}/metrics`)).text();
  for (const [, name = ''] of text.matchAll(/^# TYPE (\S+) /gm)) metrics.set(name, new Set());
  for (const [, name = '', labels = ''] of text.matchAll(/^([a-z_]+)(?:\{([^}]*)\})? /gm))
    for (const [, label = ''] of labels.matchAll(/(\w+)="/g)) metrics.get(name)?.add(label);
});
afterAll(() => network.close());

const expressions = (): readonly string[] =>
  dashboard.panels.flatMap(({ targets }) => targets?.map(({ expr }) => expr) ?? []);

test('whatever the dashboard shows, an edge says', () => {
  expect(expressions().length).toBeGreaterThan(20);
  for (const expr of expressions()) {
    const names = expr.match(/media_edge_\w+/g) ?? [];
    expect([expr, names.length > 0]).toEqual([expr, true]);
    const known = new Set([...OF_PROMETHEUS, ...names.flatMap((name) => [...(metrics.get(name) ?? [])])]);
    for (const name of names) expect([...metrics.keys()]).toContain(name);
    const used = [
      ...[...expr.matchAll(/(\w+)\s*(?:=~|!~|!=|=)\s*"/g)].map(([, label]) => label),
      ...[...expr.matchAll(/by \(([^)]*)\)/g)].flatMap(([, list = '']) => list.split(/,\s*/)),
    ];
    for (const label of used) expect([expr, [...known]]).toEqual([expr, expect.arrayContaining([label])]);
  }
});

test('its panels have a place each, and its variables are there', () => {
  const ids = dashboard.panels.map(({ id }) => id);
  expect(new Set(ids).size).toBe(ids.length);
  const taken = new Set<string>();
  for (const { gridPos, title } of dashboard.panels) {
    expect([title, gridPos.x + gridPos.w <= 24]).toEqual([title, true]);
    for (let x = gridPos.x; x < gridPos.x + gridPos.w; x += 1)
      for (let y = gridPos.y; y < gridPos.y + gridPos.h; y += 1) {
        expect([title, taken.has(`${x} ${y}`)]).toEqual([title, false]);
        taken.add(`${x} ${y}`);
      }
  }
  const variables = dashboard.templating.list.map(({ name }) => name);
  for (const [, name] of JSON.stringify(dashboard.panels).matchAll(/\$\{?(?!__)(\w+)/g))
    expect(variables).toContain(name);
});
