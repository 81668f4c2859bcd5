import { MediaError } from '@media-network/runtime';
import { DecoratorHandler } from 'undici';
import type { Dispatcher } from 'undici';
import { isEventStream } from './event-stream.ts';

export interface SilenceLimits {
  /** Within a body. */
  readonly bodyMs: number;
  /** Within a stream of events, which says something when something happens. */
  readonly eventsMs: number;
}

type Headers = Parameters<NonNullable<Dispatcher.DispatchHandler['onResponseStart']>>[2];

/** Ends a response whose body is silent for too long while somebody reads it. */
class SilenceHandler extends DecoratorHandler {
  readonly #inner: Dispatcher.DispatchHandler;
  readonly #limits: SilenceLimits;
  #timer: NodeJS.Timeout | undefined;
  /** Since the last bytes came nobody has read on. */
  #held = false;

  constructor(handler: Dispatcher.DispatchHandler, limits: SilenceLimits) {
    super(handler);
    this.#inner = handler;
    this.#limits = limits;
  }

  onResponseStart(
    controller: Dispatcher.DispatchController,
    status: number,
    headers: Headers,
    statusText?: string,
  ): void {
    this.#inner.onResponseStart?.(controller, status, headers, statusText);
    if (status < 200) return;
    const { bodyMs, eventsMs } = this.#limits;
    const type = headers['content-type'];
    const limitMs = isEventStream(Array.isArray(type) ? type[0] : type) ? eventsMs : bodyMs;
    this.#timer = setTimeout(() => this.#silent(controller), limitMs).unref();
  }

  #silent(controller: Dispatcher.DispatchController): void {
    // A reader that is slow, or was until now, has not heard the silence out.
    if (controller.paused || this.#held) {
      this.#held = controller.paused;
      this.#timer?.refresh();
      return;
    }
    controller.abort(
      new MediaError({
        code: 'edge/origin-timeout',
        message: 'The origin kept silent within its body.',
        source: 'origin',
        retry: true,
      }),
    );
  }

  onResponseData(controller: Dispatcher.DispatchController, chunk: Buffer): void {
    this.#inner.onResponseData?.(controller, chunk);
    this.#held = controller.paused;
    this.#timer?.refresh();
  }

  onResponseEnd(controller: Dispatcher.DispatchController, trailers: Headers): void {
    clearTimeout(this.#timer);
    this.#inner.onResponseEnd?.(controller, trailers);
  }

  onResponseError(controller: Dispatcher.DispatchController, error: Error): void {
    clearTimeout(this.#timer);
    this.#inner.onResponseError?.(controller, error);
  }
}

/** In place of the client's own limit, which is the same for whatever the response turns out to be. */
export function limitSilence(limits: SilenceLimits): Dispatcher.DispatcherComposeInterceptor {
  return (dispatch) => (options, handler) => dispatch(options, new SilenceHandler(handler, limits));
}
