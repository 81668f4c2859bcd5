import type { Entry } from './catalogue.ts';

const ASK = 'Look at /api/openapi.json of the site for what it takes, and ask again.';
const WAIT = 'Wait a little, and try again.';
const OWNER = 'Ask whoever owns the channel.';

/** Of Media Server Express: what its API, chats and start refuse. */
export const EXPRESS_ERRORS: Readonly<Record<string, Entry>> = {
  'express/bad-beat': [
    'A heartbeat of a viewer shows nothing: its token, time or signature is off.',
    'Nothing: players get a new token by themselves.',
  ],
  'express/bad-challenge': [
    'A sign-in took longer than five minutes, or its nonce was used before.',
    'Begin to sign in anew.',
  ],
  'express/bad-method': ['The path is there, and not for this method.', ASK],
  'express/bad-request': ['A request was not understood, or a value in it is out of bounds.', ASK],
  'express/bad-signature': [
    'The signature is not that of the wallet under the message that was given.',
    'Have the wallet sign the message as it is, and begin anew.',
  ],
  'express/banned': ['Moderators have banned the wallet from this chat.', OWNER],
  'express/blocked-word': [
    'The message has a word that the channel does not want.',
    'Say it in other words.',
  ],
  'express/channel-taken': ['A channel has that name already.', 'Choose another name.'],
  'express/cross-origin': [
    'The request came from a page of another site.',
    'Where the site is behind a proxy, say with --site how its visitors reach it.',
  ],
  'express/failed': [
    'The platform could not do what it was asked.',
    'Look at "media logs"; what it says there is the cause.',
  ],
  'express/followers-only': ['Only followers of the channel may write in its chat.', 'Follow it first.'],
  'express/no-database': [
    'The database cannot be opened, or another server has it open.',
    'Look at --database, and stop the other server.',
  ],
  'express/not-found': ['There is no such thing, or not any more.', ASK],
  'express/not-json': ['The body of a request does not say that it is JSON.', ASK],
  'express/not-signed-in': ['The request needs a session, and there is none or it is over.', 'Sign in.'],
  'express/not-yours': ['Only the owner, a moderator or an administrator may do that.', OWNER],
  'express/taken-down': ['An administrator of the site has taken the channel down.', 'Ask the site.'],
  'express/timed-out': ['Moderators have silenced the wallet in this chat for a while.', WAIT],
  'express/too-fast': ['Messages came faster than the chat allows.', WAIT],
  'express/too-large': ['A request has more than 16 KiB.', ASK],
  'express/too-many-channels': ['The wallet has ten channels.', 'Use one of them.'],
  'express/too-many-requests': ['The address sent more requests than the site takes.', WAIT],
};
