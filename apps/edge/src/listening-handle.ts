/**
 * Listening sockets as they go from process to process: Node's bare handle, which `server.listen(handle)` takes
 * and the channel between parent and child carries. A socket lives as long as anybody holds one of it, and so
 * does the queue of those who have connected and were not accepted yet.
 */
export function closeHandle(handle: unknown): void {
  if (typeof handle !== 'object' || handle === null) return;
  const close: unknown = Reflect.get(handle, 'close');
  if (typeof close === 'function') Reflect.apply(close, handle, []);
}
