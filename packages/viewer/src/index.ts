export { exchange } from './exchange.ts';
export type { ViewerRequest, ViewerResponse } from './exchange.ts';
export { headerValue } from './response-reader.ts';
export type { Framing, ResponseHead } from './response-reader.ts';
export { openSession, requestTicket } from './session.ts';
export type { Session, SessionOptions } from './session.ts';
export { createViewer } from './viewer.ts';
export type { Viewer, ViewerOptions } from './viewer.ts';
