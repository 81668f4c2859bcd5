import type { Entry } from './catalogue.ts';

const ENCODER = 'Look at the settings of the streaming software, and start it again.';
const PLAYER = 'Nothing: players ask again by themselves.';

/** Of the media server, and of encoders that come to it. */
export const SERVER_ERRORS: Readonly<Record<string, Entry>> = {
  'hls/bad-config': ['What the encoder says of its own format cannot be read.', ENCODER],
  'rtmp/cannot-listen': [
    'The port for encoders cannot be listened on.',
    'Choose another with --host and --rtmp-port.',
  ],
  'rtmp/deaf': ['An encoder sent requests and did not read the answers.', ENCODER],
  'rtmp/lost': [
    'The connection to the encoder broke.',
    'Nothing: encoders connect again. See to its network where it happens often.',
  ],
  'rtmp/malformed': [
    'What came in on the port for encoders is no RTMP.',
    `${ENCODER} RTMPS has a port of its own.`,
  ],
  'rtmp/out-of-order': ['An encoder sent media before its stream key was accepted.', ENCODER],
  'rtmp/port-in-use': [
    'Something listens on the port for encoders already.',
    'Stop it, or choose another port with --rtmp-port.',
  ],
  'rtmp/silent': ['Nothing came from the encoder for twenty seconds.', ENCODER],
  'rtmp/taken-over': [
    'Somebody else began to publish with the same stream key, and the newest wins.',
    'Give each encoder a channel of its own (--channels).',
  ],
  'rtmp/too-much': ['An encoder sent more than it may: messages, chunk streams or commands.', ENCODER],
  'rtmp/too-slow': ['A connection published nothing for ten seconds.', ENCODER],
  'server/bad-channel': [
    'The name of a channel is none, or there are too many.',
    'Names have 1 to 32 letters a to z, digits and hyphens.',
  ],
  'server/bad-embed': [
    'What a page is to look like in another one was asked for wrongly (oEmbed).',
    'url is the address of a page of a channel, maxwidth and maxheight are whole numbers above 0.',
  ],
  'server/bad-format': [
    'An answer was asked for in a format that is not spoken here.',
    'Ask for JSON, or leave the format out.',
  ],
  'server/bad-keys': [
    'The file of stream keys cannot be read.',
    'Put it back from a copy, or take it away: then every channel gets a new key.',
  ],
  'server/bad-method': ['Only GET and HEAD are answered by a media server.', 'Ask with one of them.'],
  'server/bad-private-channels': [
    'The file with the secrets of private channels cannot be read.',
    'Put it back from a copy, or take private-channels.json away: then links that were given out open nothing any more, and recordings of these channels cannot be decrypted.',
  ],
  'server/bad-publisher-key': [
    'The key that segments are to be signed with cannot be read.',
    'Name a keypair as Solana writes it with --publisher-key, or take publisher-key.json away: then a new one is made.',
  ],
  'server/bad-push': [
    'A server that channels are to be sent on to is named wrongly.',
    'Write channel=rtmp://host/application/key, separated by commas, with the name of a channel (--push).',
  ],
  'server/bad-query': [
    'A playlist was asked for with numbers that make no sense.',
    '_HLS_msn and _HLS_part are whole numbers, the second with the first only.',
  ],
  'server/bad-request': ['The target of a request is none.', 'Ask for a path that begins with a slash.'],
  'server/bad-srt': [
    'A channel that is to be taken in by SRT is named wrongly.',
    'Write channel=port, separated by commas, with the name of a channel and a port of its own (--srt).',
  ],
  'server/bad-tls': [
    'RTMPS was asked for without a certificate that can be read.',
    'Name PEM files with --tls-cert and --tls-key.',
  ],
  'server/cannot-listen': [
    'The port of the media server cannot be listened on.',
    'Choose another with --host and --port.',
  ],
  'server/failed': [
    'A media server could not answer a request.',
    'Look at "media logs"; what it says there is the cause.',
  ],
  'server/ladder-refused': [
    'The qualities that are asked for take more processors than transcoding may.',
    'Ask for fewer (--ladder), allow more (--transcode-cores), or let hardware encode (--transcode-with).',
  ],
  'server/link-expired': [
    'The link to a private channel was good until a time that is over.',
    'Ask whoever gave it for a new one (media server link).',
  ],
  'server/link-invalid': [
    'The link is none of this channel: it was changed, cut off, or is of another one.',
    'Take the whole link as it was given, or ask for a new one (media server link).',
  ],
  'server/link-needed': [
    'The channel is private: only those with a link may watch it.',
    'Ask whoever owns it for a link (media server link).',
  ],
  'server/no-ffmpeg': [
    'ffmpeg is wanted and cannot be started.',
    'Install it, on Debian by "apt-get install ffmpeg".',
  ],
  'server/no-public-url': [
    'Sites that embed a channel are told an address, and the server knows none (oEmbed).',
    'Name the addresses that viewers come to with --public-url.',
  ],
  'server/not-found': [
    'There is nothing there, or not yet, or not any more.',
    'See at /api/channels whether the channel is on air.',
  ],
  'server/not-in-time': ['What a player waited for did not come in time.', PLAYER],
  'server/not-private': [
    'A link was asked for to a channel that is not private.',
    'Start the server with --private and the name of the channel; links are made from what it keeps then.',
  ],
  'server/port-in-use': [
    'Something listens on the port of the media server already.',
    'Stop it, or choose another port with --port.',
  ],
  'server/too-far': ['A player asked for a part that is further ahead than it may ask.', PLAYER],
  'server/too-many-waiting': [
    'Twenty thousand players wait for the same server at once.',
    'Put a network in front of it: edges wait once for all.',
  ],
  'server/transcoder-behind': [
    'The machine makes other qualities more slowly than the stream comes; the largest is left out.',
    'Ask for fewer (--ladder), or let hardware encode (--transcode-with).',
  ],
  'server/transcoder-failed': [
    'ffmpeg ended while it made other qualities; it is started again with the next segment, five times in a stream.',
    'Where it goes on: see what it says with "media logs".',
  ],
  'server/transcoder-stuck': [
    'ffmpeg took pictures and gave none for ten seconds; it was ended and is started again.',
    'Where it goes on: see to the machine and its video hardware.',
  ],
  'server/unsupported-codec': [
    'The encoder sends a format that cannot be packaged yet.',
    'Choose H.264, HEVC or AV1, and AAC, at the streaming software.',
  ],
};
