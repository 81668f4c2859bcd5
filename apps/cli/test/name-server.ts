import {
  TYPE,
  belowKey,
  createResponder,
  createRrset,
  encodeName,
  listenDns,
  negativeReplies,
  soaRdata,
} from '@media-network/dns';
import type { Rrset, ZoneNode } from '@media-network/dns';
import { silentLog, systemClock } from '@media-network/runtime';

/** A publisher's own name server, on loopback, of one zone. */
export interface NameServer {
  /** `127.0.0.1:port`. */
  readonly address: string;
  /** What is at a name from now on; `below`: in front of the zone, empty for the zone itself. */
  put(below: string, type: number, ...rdata: readonly Uint8Array[]): void;
  /** Nothing is there but the zone. */
  clear(): void;
  close(): Promise<void>;
}

export async function startNameServer(origin: string): Promise<NameServer> {
  const soa = {
    mname: `ns.${origin}`,
    rname: `host.${origin}`,
    serial: 1,
    refresh: 1,
    retry: 1,
    expire: 1,
    minimum: 1,
  };
  const names = new Map<string, Map<number, Rrset>>();
  const responder = createResponder({
    clock: systemClock,
    random: () => 0.5,
    cookieSecret: new Uint8Array(16),
  });
  responder.setZones([
    {
      apex: encodeName(origin),
      find(below): ZoneNode | undefined {
        const rrsets = names.get(below);
        return rrsets === undefined ? undefined : { rrsets, tailoredTypes: [] };
      },
      negative: negativeReplies(soa, origin),
    },
  ]);
  const put: NameServer['put'] = (below, type, ...rdata) => {
    const key = belowKey(below);
    const of = names.get(key) ?? new Map<number, Rrset>();
    names.set(key, of.set(type, createRrset(type, 1, rdata)));
  };
  const clear = (): void => {
    names.clear();
    put('', TYPE.SOA, soaRdata(soa));
  };
  clear();
  const server = await listenDns({ host: '127.0.0.1', port: 0 }, responder, silentLog);
  return { address: `127.0.0.1:${server.port}`, put, clear, close: () => server.close() };
}
