export type RefusalCode =
  | 'express/bad-request'
  | 'express/bad-challenge'
  | 'express/bad-signature'
  | 'express/not-signed-in'
  | 'express/not-yours'
  | 'express/cross-origin'
  | 'express/not-found'
  | 'express/bad-method'
  | 'express/channel-taken'
  | 'express/too-many-channels'
  | 'express/too-large'
  | 'express/not-json'
  | 'express/banned'
  | 'express/timed-out'
  | 'express/followers-only'
  | 'express/blocked-word'
  | 'express/too-fast'
  | 'express/too-many-requests'
  | 'express/bad-beat'
  | 'express/taken-down'
  | 'express/failed';

/** Why something is not done, as its asker may know it. Status of HTTP and words by code: the one list of them. */
const REFUSALS: Readonly<Record<RefusalCode, readonly [status: number, words: string]>> = {
  'express/bad-request': [400, 'That is no request that is understood here.'],
  'express/bad-challenge': [401, 'This sign-in is over or was used already: begin it anew.'],
  'express/bad-signature': [401, 'The wallet signed something else, or another wallet did.'],
  'express/not-signed-in': [401, 'Sign in with your wallet first.'],
  'express/not-yours': [403, 'Only whoever owns or moderates the channel may do that.'],
  'express/cross-origin': [403, 'Pages of other sites may not do that.'],
  'express/not-found': [404, 'There is nothing here.'],
  'express/bad-method': [405, 'That is not done by this method.'],
  'express/channel-taken': [409, 'There is a channel of that name already.'],
  'express/too-many-channels': [409, 'A wallet has ten channels at most.'],
  'express/too-large': [413, 'That is more than is taken at once.'],
  'express/not-json': [415, 'Send JSON (content-type: application/json).'],
  'express/banned': [403, 'You may not write in this chat.'],
  'express/timed-out': [403, 'You may not write in this chat for a while.'],
  'express/followers-only': [403, 'Only followers of the channel may write here.'],
  'express/blocked-word': [422, 'The message has a word that is not wanted here.'],
  'express/too-fast': [429, 'Slow mode: wait a little between two messages.'],
  'express/too-many-requests': [429, 'Too many requests: wait a little.'],
  'express/bad-beat': [422, 'That heartbeat shows nothing: its signature, token or time is off.'],
  'express/taken-down': [451, 'This channel was taken down.'],
  'express/failed': [500, 'Something went wrong here.'],
};

export interface Refusal {
  readonly kind: 'refused';
  readonly code: RefusalCode;
  /** More than the code says: a field, a time. */
  readonly detail?: string;
}

export const refuse = (code: RefusalCode, detail?: string): Refusal => ({
  kind: 'refused',
  code,
  ...(detail === undefined ? {} : { detail }),
});

export const isRefusal = (value: unknown): value is Refusal =>
  typeof value === 'object' && value !== null && 'kind' in value && value.kind === 'refused';

export const statusOf = ({ code }: Refusal): number => REFUSALS[code][0];
export const wordsOf = ({ code, detail }: Refusal): string =>
  detail === undefined ? REFUSALS[code][1] : `${REFUSALS[code][1]} ${detail}`;
