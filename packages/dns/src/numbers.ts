/** Numbers of the protocol (RFC 1035, RFC 6895 and the registries they began). */
export const TYPE = {
  A: 1,
  NS: 2,
  CNAME: 5,
  SOA: 6,
  TXT: 16,
  AAAA: 28,
  OPT: 41,
  DS: 43,
  RRSIG: 46,
  NSEC: 47,
  DNSKEY: 48,
  TSIG: 250,
  IXFR: 251,
  AXFR: 252,
  ANY: 255,
  CAA: 257,
} as const;

export const CLASS_IN = 1;

export const RCODE = {
  NOERROR: 0,
  FORMERR: 1,
  SERVFAIL: 2,
  NXDOMAIN: 3,
  NOTIMP: 4,
  REFUSED: 5,
  NOTAUTH: 9,
  /** Above 15 the upper bits are in the OPT record. */
  BADVERS: 16,
  BADCOOKIE: 23,
} as const;

export const OPTION = { SUBNET: 8, COOKIE: 10 } as const;

/** Bytes before the question. */
export const HEADER_BYTES = 12;
/** What fits everywhere without fragments (DNS flag day 2020): no UDP answer is larger, whatever a client says it takes. */
export const MAX_UDP_BYTES = 1_232;
/** What a client without EDNS takes (RFC 1035 §2.3.4). */
export const PLAIN_UDP_BYTES = 512;
export const MAX_NAME_BYTES = 255;
export const MAX_LABEL_BYTES = 63;
