import { z } from 'zod';
import type { Channel } from '../channels/channels.ts';

/** What endpoints have in common, as the OpenAPI document has it. */
export const DONE: z.ZodType = z.object({ done: z.literal(true) });
export const done = { done: true } as const;

export const CHANNEL: z.ZodType = z.object({
  name: z.string(),
  owner: z.string().describe('Address of the wallet that owns it.'),
  title: z.string(),
  category: z.string(),
  hasKey: z.boolean(),
  airedMs: z.number().describe('When it was on air last, Unix milliseconds; 0 for never.'),
  slowSeconds: z.number().describe('Seconds between two messages of a viewer.'),
  followersOnly: z.boolean(),
  takenDown: z.string().nullable().describe('Why it may not be shown.'),
});

export const tellChannel = (channel: Channel): Channel => channel;

export const CARD: z.ZodType = z.object({
  name: z.string(),
  title: z.string(),
  category: z.string(),
  live: z.boolean(),
  sinceMs: z.number().nullable(),
  viewers: z.number().describe('Viewers that signed heartbeats attest to.'),
  airedMs: z.number(),
});
