import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir, loadavg } from 'node:os';
import { join } from 'node:path';
import type {
  AudienceRow,
  AudienceStage,
  LiveRow,
  LiveSetting,
  PlayerRow,
  RelayRow,
} from '@media-network/bench';
import { MediaError, createScope, silentLog } from '@media-network/runtime';
import type { CliContext } from '../command.ts';
import { table } from '../terminal/table.ts';
import type { Column } from '../terminal/table.ts';
import { wholeBetween } from '../whole-number.ts';

export interface LiveOptions {
  readonly modes: string;
  readonly seconds: string;
  readonly channels: string;
  readonly players?: true;
  readonly viewers: string;
  readonly edges: string;
  readonly json?: true;
}

/** A media server behind a network of so many edges. */
async function startStage(setting: LiveSetting, edges = 1): Promise<AudienceStage> {
  const { createDevnet } = await import('@media-network/devnet');
  const { createMediaServer } = await import('@media-network/server');
  const { parseServerConfig } = await import('@media-network/server/config');
  const scope = createScope();
  try {
    const dir = await mkdtemp(join(tmpdir(), 'media-bench-live-'));
    scope.add('folder', () => rm(dir, { recursive: true, force: true }));
    const { segmentMs, partMs, ladder } = setting;
    const flags = {
      dir,
      port: '0',
      rtmpPort: '0',
      segmentMs: String(segmentMs),
      partMs: String(partMs),
      ladder,
    };
    const server = await createMediaServer(parseServerConfig({ env: {}, flags }), { log: silentLog });
    scope.add('server', () => server.close());
    const devnet = await createDevnet({
      origin: server.url,
      originRules: ['live /live/*', 'peerpool script'],
      edges,
    });
    scope.add('network', () => devnet.close());
    return {
      rtmpUrl: `${server.rtmpUrl}/${server.channels[0]?.key}`,
      url: new URL(devnet.url).origin,
      edgePorts: devnet.edges.map(({ port }) => port),
      close: () => scope.close(),
    };
  } catch (error) {
    return scope.fail(error);
  }
}

/** How far viewers are behind, in Chromium through an edge, and what a channel costs beside other servers. */
export async function benchTheLive(options: LiveOptions, context: CliContext): Promise<void> {
  const { terminal } = context;
  const seconds = wholeBetween(options.seconds, '--seconds', 5, 3_600);
  const channels = wholeBetween(options.channels, '--channels', 0, 100);
  const viewers = wholeBetween(options.viewers, '--viewers', 0, 40);
  const edges = wholeBetween(options.edges, '--edges', 1, 10);
  const { LIVE_MODES, benchAudience, benchLive, benchPlayers, benchRelays, describeMachine, thisMachine } =
    await import('@media-network/bench');
  const modes = options.modes
    .split(',')
    .filter((name) => name !== 'none')
    .map((name) => {
      const mode = LIVE_MODES.find((each) => each === name.trim());
      if (mode !== undefined) return mode;
      throw new MediaError({
        code: 'cli/bad-choice',
        message: `There is no mode "${name}": name ${LIVE_MODES.join(', ')}, or none.`,
        source: 'client',
      });
    });
  const say = (line: string): void => terminal.note(line);
  const machine = thisMachine();
  say(`${describeMachine(machine)} Load ${loadText()}.`);
  const rows = await benchLive({ modes, seconds, start: startStage, say });
  const players = options.players === true ? await benchPlayers({ seconds, start: startStage, say }) : [];
  if (players.some(({ startS, errors }) => startS === null || errors.length > 0)) context.setExitCode(1);
  const audience =
    viewers === 0
      ? []
      : [await benchAudience({ viewers, seconds, start: (setting) => startStage(setting, edges), say })];
  const cpu = channels === 0 ? [] : await benchRelays({ channels, seconds, say });
  if (options.json === true) {
    terminal.json({ machine, load: loadText(), seconds, rows, players, audience, cpu });
    return;
  }
  if (rows.length > 0) for (const line of table(rows, COLUMNS, terminal.style)) terminal.line(line);
  if (players.length > 0)
    for (const line of table(players, PLAYER_COLUMNS, terminal.style)) terminal.line(line);
  if (audience.length > 0)
    for (const line of table(audience, AUDIENCE_COLUMNS, terminal.style)) terminal.line(line);
  if (cpu.length > 0) for (const line of table(cpu, CPU_COLUMNS, terminal.style)) terminal.line(line);
  terminal.line(`Load at the end: ${loadText()}.`);
}

const loadText = (): string => (loadavg()[0] ?? 0).toFixed(1);
const secondsText = (value: number | null): string => (value === null ? 'none' : `${value.toFixed(2)} s`);
const linesText = (value: number | null): string => (value === null ? '' : `${value}p`);

const COLUMNS: readonly Column<LiveRow>[] = [
  { head: 'mode', value: ({ mode }) => mode },
  { head: 'live after', value: ({ liveAfterS }) => secondsText(liveAfterS), align: 'right' },
  { head: 'to the screen', value: ({ captureToScreenS }) => secondsText(captureToScreenS), align: 'right' },
  { head: '95 %', value: ({ p95S }) => secondsText(p95S), align: 'right' },
  { head: 'stalls', value: ({ stalls }) => String(stalls), align: 'right' },
  { head: 'best', value: ({ topRung }) => linesText(topRung), align: 'right' },
  { head: 'narrow', value: ({ narrowRung }) => linesText(narrowRung), align: 'right' },
  { head: 'from peers', value: ({ peerBytes }) => `${(peerBytes / 1e6).toFixed(1)} MB`, align: 'right' },
];
const PLAYER_COLUMNS: readonly Column<PlayerRow>[] = [
  { head: 'player', value: ({ player }) => player },
  { head: 'list', value: ({ list }) => list },
  { head: 'start', value: ({ startS }) => secondsText(startS), align: 'right' },
  { head: 'played', value: ({ playedS }) => secondsText(playedS), align: 'right' },
  { head: 'stalls', value: ({ stalls }) => String(stalls), align: 'right' },
  { head: 'errors', value: ({ errors }) => errors.join('; ') },
];
const AUDIENCE_COLUMNS: readonly Column<AudienceRow>[] = [
  { head: 'viewers', value: ({ viewers }) => String(viewers), align: 'right' },
  { head: 'edges', value: ({ edges }) => String(edges), align: 'right' },
  { head: 'segments', value: ({ segments }) => String(segments), align: 'right' },
  { head: 'writes each', value: ({ meanWrites }) => meanWrites.toFixed(2), align: 'right' },
  { head: 'most', value: ({ mostWrites }) => String(mostWrites), align: 'right' },
  { head: 'stalls', value: ({ stalls }) => String(stalls), align: 'right' },
  { head: 'playing at the end', value: ({ playing }) => String(playing), align: 'right' },
];
const CPU_COLUMNS: readonly Column<RelayRow>[] = [
  { head: 'server', value: ({ server }) => server },
  { head: 'channels', value: ({ channels }) => String(channels), align: 'right' },
  { head: 'CPU a channel', value: ({ cpuPerChannel }) => cpuPerChannel.toFixed(4), align: 'right' },
];
