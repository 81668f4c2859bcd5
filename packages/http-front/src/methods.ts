import { METHODS } from 'node:http';

/** Names are case-sensitive (RFC 9110 §9.1); one that common parsers do not know has no second reading. */
export const KNOWN_METHODS: ReadonlySet<string> = new Set(METHODS);

/**
 * TRACE shows a viewer's fields to whoever reads the answer (RFC 9110 §9.3.8), CONNECT is for forward proxies, and PURGE is
 * said by whoever keeps a cache: one at the origin, which trusts the address that this comes from, would take a viewer's for its own.
 */
export const REFUSED_METHODS: ReadonlySet<string> = new Set(['CONNECT', 'PURGE', 'TRACE']);
