import { parseAddress } from '@media-network/protocol';
import type { Clock } from '@media-network/runtime';
import { z } from 'zod';
import type { Channel } from '../channels/channels.ts';
import type { ChatRooms } from '../chat/chat-rooms.ts';
import type { Moderation } from '../chat/moderation.ts';
import { cleanText } from '../clean-text.ts';
import { refuse } from '../refusal.ts';
import { accountIn, channelIn, endpoint } from './endpoint.ts';
import type { Endpoint } from './endpoint.ts';
import { DONE, done } from './shapes.ts';

export interface ChatEndpointsDeps {
  readonly clock: Clock;
  readonly rooms: ChatRooms;
  readonly moderation: Moderation;
}

const MOST_WORDS = 500;
const MOST_MODERATORS = 50;
const MOST_REASON = 200;
const address = z.string().refine((text) => parseAddress(text) !== undefined, 'is no address');
const id = z.int().min(0);

/** What moderators of a channel see and do, and how viewers call them. */
export function chatEndpoints({ clock, rooms, moderation }: ChatEndpointsDeps): readonly Endpoint[] {
  const moderators = async (channel: Channel): Promise<readonly string[]> => [
    channel.owner,
    ...(await moderation.moderators(channel.name)),
  ];

  return [
    endpoint({
      method: 'DELETE',
      path: '/api/channels/{channel}/messages/{id}',
      doc: 'Takes a message away, for everybody at once.',
      who: 'moderator',
      answer: DONE,
      async handle(call) {
        const which = Number(call.params['id']);
        if (!Number.isSafeInteger(which)) return refuse('express/bad-request');
        const removed = await rooms.remove(channelIn(call).name, which, accountIn(call).address);
        return removed ? done : refuse('express/not-found');
      },
    }),
    endpoint({
      method: 'PUT',
      path: '/api/channels/{channel}/sanctions',
      doc: 'Has somebody write nothing for so many seconds, or for good with null.',
      who: 'moderator',
      body: z.strictObject({ address, seconds: z.int().min(1).max(31_536_000).nullable() }),
      answer: DONE,
      async handle(call) {
        const channel = channelIn(call);
        const { body } = call;
        if ((await moderators(channel)).includes(body.address))
          return refuse('express/bad-request', 'Those who moderate cannot be silenced.');
        const untilMs = body.seconds === null ? undefined : clock.nowMs() + body.seconds * 1_000;
        await rooms.sanction(channel.name, { address: body.address, untilMs }, accountIn(call).address);
        return done;
      },
    }),
    endpoint({
      method: 'DELETE',
      path: '/api/channels/{channel}/sanctions/{address}',
      doc: 'Lets somebody write again.',
      who: 'moderator',
      answer: DONE,
      async handle(call) {
        const channel = channelIn(call);
        await moderation.pardon(channel.name, call.params['address'] ?? '', accountIn(call).address);
        await rooms.refresh(channel);
        return done;
      },
    }),
    endpoint({
      method: 'GET',
      path: '/api/channels/{channel}/moderation',
      doc: 'What moderators look at: sanctions, words, moderators, reports and what was done.',
      who: 'moderator',
      answer: z.object({
        sanctions: z.array(z.object({ address: z.string(), untilMs: z.number().nullable() })),
        words: z.array(z.string()),
        moderators: z.array(z.string()),
        reports: z.array(
          z.object({
            id: z.string(),
            messageId: z.number().nullable(),
            reporter: z.string(),
            reason: z.string(),
            atMs: z.number(),
            settled: z.string().nullable(),
          }),
        ),
        acts: z.array(z.object({ by: z.string(), kind: z.string(), subject: z.string(), atMs: z.number() })),
      }),
      async handle(call) {
        const { name } = channelIn(call);
        const sanctions = await moderation.sanctions(name);
        return {
          sanctions: sanctions.map(({ address, untilMs }) => ({ address, untilMs: untilMs ?? null })),
          words: await moderation.words(name),
          moderators: await moderation.moderators(name),
          reports: await moderation.reports(name),
          acts: await moderation.acts(name),
        };
      },
    }),
    endpoint({
      method: 'PUT',
      path: '/api/channels/{channel}/words',
      doc: 'Words that messages may not have, in any case or accent.',
      who: 'moderator',
      body: z.strictObject({ words: z.array(z.string().min(1).max(50)).max(MOST_WORDS) }),
      answer: DONE,
      async handle(call) {
        const channel = channelIn(call);
        await moderation.setWords(channel.name, call.body.words, accountIn(call).address);
        await rooms.refresh(channel);
        return done;
      },
    }),
    endpoint({
      method: 'PUT',
      path: '/api/channels/{channel}/moderators',
      doc: 'Makes somebody a moderator, or not any more.',
      who: 'owner',
      body: z.strictObject({ address, moderates: z.boolean() }),
      answer: DONE,
      async handle(call) {
        const channel = channelIn(call);
        const { body } = call;
        if (body.moderates && (await moderation.moderators(channel.name)).length >= MOST_MODERATORS)
          return refuse('express/bad-request', `A channel has ${MOST_MODERATORS} moderators at most.`);
        await moderation.setModerator(channel.name, body.address, body.moderates, accountIn(call).address);
        await rooms.refresh(channel);
        return done;
      },
    }),
    endpoint({
      method: 'POST',
      path: '/api/channels/{channel}/reports',
      doc: 'Tells moderators of a message, or of the channel.',
      who: 'account',
      body: z.strictObject({ messageId: id.nullable(), reason: z.string().max(1_000) }),
      answer: DONE,
      async handle(call) {
        const reason = cleanText(call.body.reason, MOST_REASON);
        if (reason === undefined)
          return refuse('express/bad-request', `A reason has 1 to ${MOST_REASON} characters.`);
        await moderation.report({
          channel: channelIn(call).name,
          messageId: call.body.messageId,
          reporter: accountIn(call).address,
          reason,
        });
        return done;
      },
    }),
    endpoint({
      method: 'PUT',
      path: '/api/channels/{channel}/reports/{id}',
      doc: 'Says what became of a report.',
      who: 'moderator',
      body: z.strictObject({ settled: z.string().min(1).max(MOST_REASON) }),
      answer: DONE,
      async handle(call) {
        const { name } = channelIn(call);
        const which = call.params['id'] ?? '';
        const settled = await moderation.settle(name, which, call.body.settled, accountIn(call).address);
        return settled ? done : refuse('express/not-found');
      },
    }),
  ];
}
