/** What `/v1/info` says we are. */
export const SOFTWARE = 'media-edge/0.1.0';
