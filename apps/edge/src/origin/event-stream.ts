const EVENTS = /^[ \t]*text\/event-stream[ \t]*(?:;|$)/i;
const ACCEPTS_EVENTS = /(?:^|,)[ \t]*text\/event-stream[ \t]*(?:[;,]|$)/i;

/**
 * Whether a response is a stream of events (HTML, Server-sent events), by its Content-Type: it has no end that anybody
 * waits for, and what it says is for who asked, from the moment at which it asked.
 */
export function isEventStream(contentType: string | undefined): boolean {
  return contentType !== undefined && EVENTS.test(contentType);
}

/** Whether a request asks for one, as every EventSource does. */
export function asksForEvents(accept: string | undefined): boolean {
  return accept !== undefined && ACCEPTS_EVENTS.test(accept);
}
