import type { Duplex } from 'node:stream';
import { DecoratorHandler } from 'undici';
import type { Dispatcher } from 'undici';

/** What comes of asking for another protocol. */
type Switching =
  | { readonly kind: 'switched'; readonly rawHeaders: readonly string[]; readonly socket: Duplex }
  | { readonly kind: 'answered'; readonly answer: Dispatcher.ResponseData };

/** Passes everything on but the switch. */
class SwitchHandler extends DecoratorHandler {
  readonly #onSwitched: (rawHeaders: readonly string[], socket: Duplex) => void;

  constructor(
    handler: Dispatcher.DispatchHandler,
    onSwitched: (rawHeaders: readonly string[], socket: Duplex) => void,
  ) {
    super(handler);
    this.#onSwitched = onSwitched;
  }

  onRequestUpgrade(
    controller: Dispatcher.DispatchController,
    _status: number,
    _headers: unknown,
    socket: Duplex,
  ): void {
    // Whoever takes it hears of it by 'close'; until then an error is nobody's.
    socket.on('error', () => undefined);
    const raw = controller.rawHeaders;
    this.#onSwitched(Array.isArray(raw) ? raw.map((each) => each.toString('latin1')) : [], socket);
  }
}

/**
 * Asks with an offer of another protocol: what undici's `upgrade` does, but an origin that stays with HTTP is an answer
 * like any other there, and an error here nowhere.
 */
export function switching(
  dispatcher: Dispatcher,
  options: Dispatcher.RequestOptions,
  protocol: string,
): Promise<Switching> {
  return new Promise((resolve, reject) => {
    dispatcher
      .compose(
        (dispatch) => (opts, handler) =>
          dispatch(
            { ...opts, upgrade: protocol },
            new SwitchHandler(handler, (rawHeaders, socket) =>
              resolve({ kind: 'switched', rawHeaders, socket }),
            ),
          ),
      )
      .request(options)
      .then((answer) => resolve({ kind: 'answered', answer }), reject);
  });
}
