/** What a server with channels of its own choosing is made of: Express composes these. */
export { createChannelHouse } from './channel-house.ts';
export type { ChannelHouse } from './channel-house.ts';
export { listenForViewers, sendAnswer } from './http/http-server.ts';
export type { HttpServer } from './http/http-server.ts';
export { problem } from './http/answer.ts';
export type { Answer } from './http/answer.ts';
export { OPEN_GATE } from './http/gate.ts';
export { route } from './http/routes.ts';
export { startIngest } from './ingest.ts';
export type { ChannelStatus } from './live-channel.ts';
export { openPublisherKey } from './publishing/publisher-key.ts';
export type { PublisherKey } from './publishing/publisher-key.ts';
export { createSegmentSigner } from './publishing/signed-segment.ts';
export { openRecordingFolder } from './recording/recording-folder.ts';
export type { RecordingFolder } from './recording/recording-folder.ts';
export { isChannelName, newStreamKey } from './stream-keys.ts';
