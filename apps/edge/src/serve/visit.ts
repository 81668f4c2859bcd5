import type { HeaderLookup } from '@media-network/http-cache';
import type { ParsedRequest } from '@media-network/http-front';
import { forwardedLookup, viewersLookup } from '../origin/origin-headers.ts';
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
  readonly settingsVersion: number;
  readonly session: Session | undefined;
  /** What the origin sees in a field: what variants are told apart by. */
  readonly forwarded: HeaderLookup;
  /** What of that the viewer said itself: what an answer is personal by. */
  readonly viewers: HeaderLookup;
}

/** Adds to a request what `admit` found. */
export function admittedVisit(
  visit: Visit,
  found: Pick<AdmittedVisit, 'tenant' | 'settings' | 'settingsVersion' | 'session'>,
): AdmittedVisit {
  const { request } = visit;
  const context = { settings: found.settings, viewer: request, method: 'GET' };
  return {
    ...visit,
    ...found,
    forwarded: forwardedLookup(request.header, context),
    viewers: viewersLookup(request.header, context),
  };
}

/** Gives an interim answer of the origin on to the viewer. */
export function giveInterim(visit: AdmittedVisit, status: number, headers: readonly string[]): void {
  visit.request.interim(status, rewriteOriginLinks(headers, visit.settings, visit.request));
}

/** Whether a request carries what makes its answer personal. */
export function isPersonal(visit: AdmittedVisit): boolean {
  return visit.viewers('authorization') !== undefined || visit.viewers('cookie') !== undefined;
}
