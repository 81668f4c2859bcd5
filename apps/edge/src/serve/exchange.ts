import type { ServerResponse } from 'node:http';
import type { StrictRequest } from '@media-network/http-front';
import type { OriginSettings } from '../origin/origin-settings.ts';
import type { Session } from '../session/session-desk.ts';
import type { Tenant } from '../tenant/tenant-book.ts';
import type { Account } from './account.ts';
import type { Outcome, Phase } from './phases.ts';

/** One request in the slow lane on its way through the phases. */
export interface Exchange {
  readonly id: string;
  readonly request: StrictRequest<Account>;
  readonly response: ServerResponse;
  readonly startedAtMs: number;
  phase: Phase;
  outcome: Outcome | undefined;
  /** Code of what went wrong or was refused. */
  reason: string | undefined;
}

/** An exchange that got through `admit`. */
export interface AdmittedExchange extends Exchange {
  readonly tenant: Tenant;
  readonly settings: OriginSettings;
  readonly settingsVersion: number;
  readonly session: Session | undefined;
  readonly account: Account;
}
