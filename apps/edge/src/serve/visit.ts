import type { HeaderLookup } from '@media-network/http-cache';
import type { ParsedRequest } from '@media-network/http-front';
import { forwardedLookup, viewersLookup } from '../origin/origin-headers.ts';
import { allFor, askedTarget, askedWith, firstFor, rulePath } from '@media-network/rules';
import type { FieldView } from '@media-network/rules';
import type { OriginSettings } from '../origin/origin-settings.ts';
import type { Session } from '../session/session-desk.ts';
import { rewriteOriginLinks } from './origin-links.ts';
import type { Tenant } from '../tenant/tenant-book.ts';

/** One request on its way through the phases. */
export interface Visit {
  readonly id: string;
  readonly request: ParsedRequest;
  readonly startedAtMs: number;
}

/** One that got through `admit`. */
export interface AdmittedVisit extends Visit {
  readonly tenant: Tenant;
  readonly settings: OriginSettings;
  readonly session: Session | undefined;
  /** The path as rules see it. */
  readonly path: string;
  /** What the cache asks with for this viewer, and keys by. */
  readonly asked: FieldView & { readonly target: string };
  /** What the origin sees in a field: what variants are told apart by. */
  readonly forwarded: HeaderLookup;
  /** What of that the viewer said itself: what an answer is personal by. */
  readonly viewers: HeaderLookup;
  /** Another edge asks: what is not here is asked of the origin, and of nobody else. */
  readonly forSibling?: boolean;
}

/** Adds to a request what `admit` found. */
export function admittedVisit(
  visit: Visit,
  found: Pick<AdmittedVisit, 'tenant' | 'settings' | 'session'>,
): AdmittedVisit {
  const { request } = visit;
  const { rules } = found.settings;
  const context = { settings: found.settings, viewer: request, method: 'GET' };
  const path = rulePath(request.target);
  const { header, rawHeaders, own } = askedWith(
    request,
    firstFor(rules.cacheKey, path),
    allFor(rules.originHeader, path),
  );
  return {
    ...visit,
    ...found,
    path,
    asked: { header, rawHeaders, target: askedTarget(rules, request.target) },
    forwarded: forwardedLookup(header, context),
    viewers: viewersLookup(own, context),
  };
}

/** Fields of a request that no cache has a part in, as rules let the origin see them: what the key leaves away is there. */
export function fieldsAsPut({ request, settings, path }: AdmittedVisit): readonly string[] {
  return askedWith(request, undefined, allFor(settings.rules.originHeader, path)).rawHeaders;
}

/** Gives an interim answer of the origin on to the viewer. */
export function giveInterim(visit: AdmittedVisit, status: number, headers: readonly string[]): void {
  visit.request.interim(status, rewriteOriginLinks(headers, visit.settings, visit.request));
}

/** Whether a request carries what makes its answer personal. */
export function isPersonal(visit: AdmittedVisit): boolean {
  return visit.viewers('authorization') !== undefined || visit.viewers('cookie') !== undefined;
}
