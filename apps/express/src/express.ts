import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { createLog, createRepeatingTask, createScope, systemClock } from '@media-network/runtime';
import type { Clock, Log } from '@media-network/runtime';
import {
  createChannelHouse,
  createSegmentSigner,
  openPublisherKey,
  openRecordingFolder,
  startIngest,
} from '@media-network/server/parts';
import { createSignIn } from './accounts/sign-in.ts';
import { createChannels } from './channels/channels.ts';
import { createFollows } from './channels/follows.ts';
import { createAudience } from './audience/audience.ts';
import { openChatDoor } from './chat/chat-door.ts';
import { createChatRooms } from './chat/chat-rooms.ts';
import { openMessageLog } from './chat/message-log.ts';
import { createModeration } from './chat/moderation.ts';
import type { ExpressConfig } from './config.ts';
import { accountEndpoints } from './http/account-endpoints.ts';
import { createApi } from './http/api.ts';
import { audienceEndpoints } from './http/audience-endpoints.ts';
import { channelEndpoints } from './http/channel-endpoints.ts';
import { chatEndpoints } from './http/chat-endpoints.ts';
import { startHttpServer } from './http/http-server.ts';
import { openApi } from './http/open-api.ts';
import { readPages } from './http/pages.ts';
import { textRoutes } from './http/text-routes.ts';
import { createSiteRules } from './http/site-rules.ts';
import { mediaRoutes } from './live/media-routes.ts';
import { createOnAir } from './live/on-air.ts';
import { openStore } from './store/open-store.ts';

/** A running platform: encoders in by RTMP, viewers out by HLS, chats beside. */
export interface Express {
  /** For its visitors. */
  readonly url: string;
  /** Where it listens, for a proxy in front. */
  readonly ownUrl: string;
  readonly rtmpUrl: string;
  readonly rtmpsUrl: string | undefined;
  /** Address of the key that signs segments and audiences. */
  readonly publisher: string;
  close(): Promise<void>;
}

export interface ExpressOverrides {
  readonly clock?: Clock;
  readonly log?: Log;
}

const SWEEP_MS = 600_000;
const PUBLISH_MS = 5_000;

/** Throws `express/no-database`, and what a media server does when it starts. */
export async function createExpress(
  config: ExpressConfig,
  overrides: ExpressOverrides = {},
): Promise<Express> {
  const { server } = config;
  const clock = overrides.clock ?? systemClock;
  const log = overrides.log ?? createLog('express', { level: server.logLevel });
  const scope = createScope();
  try {
    await mkdir(server.dir, { recursive: true, mode: 0o700 });
    const store = await openStore(config.database ?? join(server.dir, 'express.sqlite'));
    scope.add('database', () => store.destroy());
    const publisher = await openPublisherKey(server.dir, server.publisherKey);
    const sign = createSegmentSigner(publisher);
    const folder = join(server.dir, 'recordings');
    const recordings = await openRecordingFolder(folder, { maxBytes: server.recordBytes, log });
    /** Where it is reached: known when it listens, and nobody asks before. */
    let [own, site] = ['', new URL(config.site ?? 'http://localhost')];

    const house = createChannelHouse({ clock, log, sign, recordings, ownUrl: () => own }, server);
    scope.add('channels', () => house.close());
    const channels = createChannels({ store, clock });
    const follows = createFollows({ store, clock });
    const onAir = createOnAir({ clock, log, channels, house });
    scope.add('ended channels', () => onAir.sweeping.stop());

    const moderation = createModeration({ store, clock });
    const messages = await openMessageLog({ store, clock });
    const rooms = createChatRooms({
      clock,
      log,
      messages,
      moderation,
      follows: (address, channel) => follows.has(address, channel),
    });
    scope.add('chats', () => rooms.close());

    const signIn = createSignIn({ store, clock }, { site: () => site });
    const rules = createSiteRules(() => site);
    const admins = new Set(config.admins.split(',').map((each) => each.trim()));
    const ingest = await startIngest({ log, admit: (encoder) => onAir.admit(encoder) }, server);
    scope.add('ingest', () => ingest.close());

    const claimed = (channel: string): number => rooms.readers(channel);
    const audience = createAudience({ clock, store, key: publisher, claimed }, config);
    const viewers = (channel: string): number => audience.now(channel);
    const endpoints = [
      ...accountEndpoints({ signIn, channels, admins }),
      ...channelEndpoints({ channels, follows, onAir, rooms, moderation, viewers, ingest: () => ingest }),
      ...chatEndpoints({ clock, rooms, moderation }),
      ...audienceEndpoints({ audience, site: publisher.address, claimed }),
    ];
    const media = mediaRoutes({ house, recordings, publisher: publisher.address });
    const texts = textRoutes(openApi(endpoints, config.title));
    const page = readPages(config);
    const api = createApi({
      clock,
      log,
      signIn,
      channels,
      moderators: (channel) => moderation.moderators(channel),
      admins,
      rules,
      endpoints,
    });
    const door = openChatDoor({
      log,
      signIn,
      channels,
      rooms,
      rules,
      mostPerAddress: config.readersPerAddress,
    });
    const http = await startHttpServer({ log, media, texts, page, api, door }, server);
    scope.add('http', () => http.close());
    own = `http://${server.host === '0.0.0.0' ? '127.0.0.1' : server.host}:${http.port}`;
    if (config.site === undefined) site = new URL(own);

    const sweeping = createRepeatingTask(
      async () => {
        await signIn.sweep();
        rooms.sweep();
      },
      { clock, log },
      { name: 'what is over', intervalMs: SWEEP_MS },
    );
    scope.add('sweeping', () => sweeping.stop());
    const publishing = createRepeatingTask(
      () => audience.publish(),
      { clock, log },
      { name: 'audiences', intervalMs: PUBLISH_MS },
    );
    scope.add('audiences', () => publishing.stop());
    publishing.start();
    onAir.sweeping.start();
    sweeping.start();
    return {
      url: site.origin,
      ownUrl: own,
      rtmpUrl: ingest.rtmpUrl,
      rtmpsUrl: ingest.rtmpsUrl,
      publisher: publisher.address,
      close: () => scope.close(),
    };
  } catch (error) {
    return scope.fail(error);
  }
}
