import { z } from 'zod';
import { CATEGORIES } from '../channels/categories.ts';
import type { Channel, Channels } from '../channels/channels.ts';
import type { Follows } from '../channels/follows.ts';
import type { ChatRooms } from '../chat/chat-rooms.ts';
import type { Moderation } from '../chat/moderation.ts';
import { cleanText } from '../clean-text.ts';
import type { OnAir } from '../live/on-air.ts';
import { isRefusal, refuse } from '../refusal.ts';
import { accountIn, channelIn, endpoint } from './endpoint.ts';
import type { Endpoint } from './endpoint.ts';
import { CARD, CHANNEL, DONE, done, tellChannel } from './shapes.ts';

export interface ChannelEndpointsDeps {
  readonly channels: Channels;
  readonly follows: Follows;
  readonly onAir: OnAir;
  readonly rooms: ChatRooms;
  readonly moderation: Moderation;
  /** Viewers of a channel at the moment. */
  readonly viewers: (channel: string) => number;
  /** Where encoders send to. */
  readonly ingest: () => { readonly rtmpUrl: string; readonly rtmpsUrl: string | undefined };
}

const MOST_TITLE = 100;
const PAGE = 24;
const title = z.string().max(1_000);
const category = z.enum(CATEGORIES);

export function channelEndpoints(deps: ChannelEndpointsDeps): readonly Endpoint[] {
  const { channels, follows, onAir, rooms, moderation, viewers } = deps;

  const cardOf = ({ name, title, category, airedMs }: Channel): object => {
    const status = onAir.status(name);
    const live = status?.state === 'live' || status?.state === 'waiting';
    return {
      name,
      title,
      category,
      live,
      sinceMs: live ? (status.sinceMs ?? null) : null,
      viewers: live ? viewers(name) : 0,
      airedMs,
    };
  };

  return [
    endpoint({
      method: 'GET',
      path: '/api/channels',
      doc: 'The directory: what is on air, most viewers first, then what was on air last. A page has 24.',
      who: 'anyone',
      query: {
        category: 'one of the categories',
        search: 'words in name, title or category',
        after: '`next` of the page before',
      },
      answer: z.object({
        categories: z.array(z.string()),
        live: z.array(CARD).describe('On the first page only.'),
        channels: z.array(CARD),
        next: z.string().nullable(),
      }),
      async handle({ query }) {
        const wanted = query.get('category') ?? undefined;
        const search = query.get('search')?.slice(0, 100);
        const after = query.get('after') ?? undefined;
        const names = onAir.live();
        const live = after === undefined && !search ? await channels.among(names, wanted) : [];
        const page = await channels.page({ category: wanted, search, after, most: PAGE });
        const isListed = new Set(live.map(({ name }) => name));
        return {
          categories: CATEGORIES,
          live: live
            .toSorted((a, b) => viewers(b.name) - viewers(a.name) || (a.name < b.name ? -1 : 1))
            .map((channel) => cardOf(channel)),
          channels: page.channels.filter(({ name }) => !isListed.has(name)).map((channel) => cardOf(channel)),
          next: page.next ?? null,
        };
      },
    }),
    endpoint({
      method: 'POST',
      path: '/api/channels',
      doc: 'A channel of one’s own. It has no stream key yet.',
      who: 'account',
      body: z.strictObject({ name: z.string().max(100), title, category }),
      answer: CHANNEL,
      async handle(call) {
        const said = cleanText(call.body.title, MOST_TITLE);
        if (said === undefined)
          return refuse('express/bad-request', `A title has 1 to ${MOST_TITLE} characters.`);
        const made = await channels.create(accountIn(call).address, call.body.name, said, call.body.category);
        return isRefusal(made) ? made : tellChannel(made);
      },
    }),
    endpoint({
      method: 'GET',
      path: '/api/channels/{channel}',
      doc: 'A channel, and whether it is on air.',
      who: 'anyone',
      answer: z.object({
        channel: CHANNEL,
        card: CARD,
        follows: z.boolean(),
        moderates: z.boolean(),
        advice: z.array(z.string()).describe('For the streamer, in words.'),
      }),
      async handle(call) {
        const channel = channelIn(call);
        if (channel.takenDown !== null) return refuse('express/taken-down', channel.takenDown);
        const { address } = call.account ?? {};
        const moderates =
          address !== undefined &&
          (address === channel.owner || (await moderation.moderators(channel.name)).includes(address));
        return {
          channel: tellChannel(channel),
          card: cardOf(channel),
          follows: address !== undefined && (await follows.has(address, channel.name)),
          moderates,
          advice: address === channel.owner ? (onAir.status(channel.name)?.advice ?? []) : [],
        };
      },
    }),
    endpoint({
      method: 'PUT',
      path: '/api/channels/{channel}',
      doc: 'Title, category, and who may write in its chat how often.',
      who: 'owner',
      body: z.strictObject({
        title: title.optional(),
        category: category.optional(),
        slowSeconds: z.int().min(0).max(600).optional(),
        followersOnly: z.boolean().optional(),
      }),
      answer: CHANNEL,
      async handle(call) {
        const { title: wished, ...rest } = call.body;
        const said = wished === undefined ? undefined : cleanText(wished, MOST_TITLE);
        if (wished !== undefined && said === undefined)
          return refuse('express/bad-request', `A title has 1 to ${MOST_TITLE} characters.`);
        const changed = await channels.change(channelIn(call).name, { ...rest, title: said });
        if (changed === undefined) return refuse('express/not-found');
        await rooms.refresh(changed);
        return tellChannel(changed);
      },
    }),
    endpoint({
      method: 'POST',
      path: '/api/channels/{channel}/key',
      doc: 'A new stream key, shown this once; the one before opens nothing any more, and an encoder with it is sent away.',
      who: 'owner',
      answer: z.object({ key: z.string(), rtmpUrl: z.string(), rtmpsUrl: z.string().nullable() }),
      async handle(call) {
        const { name } = channelIn(call);
        const key = await channels.newKey(name);
        await onAir.cut(name, 'The stream key is another one now.');
        const { rtmpUrl, rtmpsUrl } = deps.ingest();
        return { key, rtmpUrl, rtmpsUrl: rtmpsUrl ?? null };
      },
    }),
    endpoint({
      method: 'DELETE',
      path: '/api/channels/{channel}/key',
      doc: 'The channel has no stream key any more; an encoder with it is sent away.',
      who: 'owner',
      answer: DONE,
      async handle(call) {
        const { name } = channelIn(call);
        await channels.revokeKey(name);
        await onAir.cut(name, 'The stream key was revoked.');
        return done;
      },
    }),
    endpoint({
      method: 'PUT',
      path: '/api/channels/{channel}/follow',
      doc: 'Follows a channel, or not any more.',
      who: 'account',
      body: z.strictObject({ follow: z.boolean() }),
      answer: DONE,
      async handle(call) {
        await follows.set(accountIn(call).address, channelIn(call).name, call.body.follow);
        return done;
      },
    }),
    endpoint({
      method: 'PUT',
      path: '/api/admin/channels/{channel}',
      doc: 'Takes a channel down, with a reason, or shows it again with null.',
      who: 'admin',
      body: z.strictObject({ takenDown: z.string().min(1).max(200).nullable() }),
      answer: DONE,
      async handle(call) {
        const { name } = channelIn(call);
        const { takenDown } = call.body;
        await channels.takeDown(name, takenDown);
        await moderation.acted(name, 'take-down', takenDown ?? 'shown again', accountIn(call).address);
        if (takenDown !== null) await onAir.cut(name, 'This channel was taken down.');
        return done;
      },
    }),
  ];
}
