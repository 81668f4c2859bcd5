export { sendTestPicture } from './ffmpeg/test-picture.ts';
export type { Supervised } from './ffmpeg/supervised.ts';
export type { ChannelStatus } from './live-channel.ts';
export { createMediaServer } from './media-server.ts';
export type { MediaServer, ServerOverrides } from './media-server.ts';
