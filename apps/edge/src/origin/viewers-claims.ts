import { canonicalName } from '@media-network/rules';

/**
 * What frameworks, and proxies in front of them, believe about a request, whoever said it: where it came from, what it
 * asks for, what was done with it before. None of it is part of the cache key, so one viewer's word would be answered to all.
 */
const CLAIMS = new Set([
  'cf-connecting-ip',
  'cf-connecting-ipv6',
  'cf-ipcountry',
  'cf-visitor',
  'client-ip',
  'fastly-client-ip',
  'fly-client-ip',
  'forwarded',
  'forwarded-for',
  'front-end-https',
  'path-info',
  // Becomes HTTP_PROXY with CGI and its heirs, and what they ask of others then goes through it (CVE-2016-5385).
  'proxy',
  'script-name',
  'true-client-ip',
  'x-appengine-user-ip',
  'x-arr-ssl',
  'x-client-ip',
  'x-cluster-client-ip',
  'x-envoy-external-address',
  'x-envoy-original-path',
  'x-forward-for',
  'x-forwarded',
  'x-host',
  'x-http-destinationurl',
  'x-http-host-override',
  'x-matched-path',
  'x-middleware-rewrite',
  'x-middleware-subrequest',
  'x-now-route-matches',
  'x-proxyuser-ip',
  'x-real-ip',
  'x-remote-addr',
  'x-remote-ip',
  'x-rewrite-url',
  'x-scheme',
  'x-script-name',
  'x-url-scheme',
]);
const CLAIM = /^x-(?:azure|forwarded|invoke|original)-/;

/** Fields by which origins choose or frame an answer: written in another way they are there to be read by some and missed by others. */
const STANDARD = /^(?:accept(?:-.*)?|cache-control|content-.*|if-.*|user-agent)$/;

/** Whether a viewer has no word in a field of this name, in lower case and in whatever punctuation an origin might take for it. */
export function isClaim(lowerName: string): boolean {
  const name = canonicalName(lowerName);
  return CLAIMS.has(name) || CLAIM.test(name) || (name !== lowerName && STANDARD.test(name));
}
