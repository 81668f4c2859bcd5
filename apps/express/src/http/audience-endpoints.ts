import { z } from 'zod';
import type { Audience } from '../audience/audience.ts';
import { refuse } from '../refusal.ts';
import { channelIn, endpoint } from './endpoint.ts';
import type { Endpoint } from './endpoint.ts';
import { DONE, done } from './shapes.ts';

const hex = (bytes: number): z.ZodString => z.string().regex(new RegExp(`^[0-9a-f]{${2 * bytes}}$`));
const VIEWING = z.strictObject({
  clientKey: hex(32),
  hour: z.int().min(0),
  pass: hex(64),
  beats: z.int().min(1).max(11),
  signature: hex(64),
});

export interface AudienceEndpointsDeps {
  readonly audience: Audience;
  /** Address of the site's key. */
  readonly site: string;
  readonly claimed: (channel: string) => number;
}

/** Open analytics: players sign for what they watch, and anybody counts again. */
export const audienceEndpoints = ({
  audience,
  site,
  claimed,
}: AudienceEndpointsDeps): readonly Endpoint[] => [
  endpoint({
    method: 'POST',
    path: '/api/channels/{channel}/viewing',
    doc: 'Lets a player be counted: the site’s signature under its key, for an hour.',
    who: 'anyone',
    body: z.strictObject({ clientKey: hex(32) }),
    answer: z.object({ hour: z.number(), pass: z.string() }),
    async handle(call) {
      return audience.pass(channelIn(call).name, call.body.clientKey, call.remoteAddress);
    },
  }),
  endpoint({
    method: 'POST',
    path: '/api/channels/{channel}/beats',
    doc: 'A heartbeat: how many there were in these five minutes, signed by the player’s own key.',
    who: 'anyone',
    frequent: true,
    body: z.strictObject({ window: z.int().min(0), viewing: VIEWING }),
    answer: DONE,
    async handle(call) {
      const { window, viewing } = call.body;
      return (await audience.beat(channelIn(call).name, window, viewing)) ?? done;
    },
  }),
  endpoint({
    method: 'GET',
    path: '/api/channels/{channel}/audience',
    doc: 'What is attested beside what this host claims: now, and in the five-minute windows of the last day.',
    who: 'anyone',
    answer: z.object({
      site: z.string().describe('Address of the key that signs for this site.'),
      attested: z.number(),
      claimed: z.number(),
      windows: z.array(
        z.object({ window: z.number(), attested: z.number(), claimed: z.number(), root: z.string() }),
      ),
    }),
    async handle(call) {
      const { name } = channelIn(call);
      return {
        site,
        attested: audience.now(name),
        claimed: claimed(name),
        windows: await audience.windows(name),
      };
    },
  }),
  endpoint({
    method: 'GET',
    path: '/api/channels/{channel}/audience/{window}',
    doc: 'All that a window’s figures were counted from.',
    who: 'anyone',
    answer: z.object({
      site: z.string(),
      channel: z.string(),
      window: z.number(),
      root: z.string(),
      attested: z.number(),
      claimed: z.number(),
      signature: z.string(),
      viewings: z.array(VIEWING),
    }),
    async handle(call) {
      const window = Number(call.params['window']);
      if (!Number.isSafeInteger(window)) return refuse('express/bad-request');
      return (await audience.evidence(channelIn(call).name, window)) ?? refuse('express/not-found');
    },
  }),
];
