import { lookup } from 'node:dns/promises';
import { isIP } from 'node:net';
import { NODE_STATUS } from '@media-network/chain/schema';
import type { MediaClient } from '@media-network/chain';
import { isLocalName } from '@media-network/protocol';
import { MediaError } from '@media-network/runtime';
import type { CliContext } from '../command.ts';
import { connect } from '../connection.ts';
import type { ChainOptions } from '../chain-options.ts';
import type { Style } from '../terminal/style.ts';
import { findResource, labelOf } from './find.ts';
import { askResolver, canonical, lookAtName } from './name-look.ts';
import type { NameLook, RecordSight } from './name-look.ts';
import { openSettings } from './open-settings.ts';
import { parseName, sightsOf } from './own-names.ts';
import type { NameSight } from './own-names.ts';
import type { PasswordOptions } from './password.ts';
import { placesOf } from './standing.ts';

export interface DomainOptions extends ChainOptions, PasswordOptions {
  readonly resolver?: string;
}

/** A name with what DNS and the edges say of it. */
interface Standing {
  readonly sight: NameSight;
  /** Undefined for a name that no DNS has. */
  readonly dns: NameLook | undefined;
}

/** Says for each name of a resource's own which records it needs, which are there, and which edges serve it. */
export async function domains(
  which: string,
  name: string | undefined,
  options: DomainOptions,
  context: CliContext,
): Promise<void> {
  const { terminal } = context;
  const ask = askResolver(resolverOf(options.resolver));
  const connection = await connect(options, context);
  const resource = await findResource(connection, which);
  const opened = await openSettings(connection, resource, options, context);
  if (opened.kind !== 'open')
    throw new MediaError({
      code: 'cli/bad-domain',
      message:
        opened.kind === 'none'
          ? `The resource ${labelOf(resource)} has no settings, so no names.`
          : `The settings of ${labelOf(resource)} are sealed to its publisher: ${opened.tried.join('; ')}.`,
      hint: 'Name the password with --password-file or MEDIA_PASSWORD.',
      source: 'client',
    });
  const wanted = name === undefined ? undefined : nameOf(name, opened.settings.domains);
  const places = await placesOf(connection.client, resource, false);
  const host = places[0]?.host ?? `${labelOf(resource)}.medianet.localhost`;
  const edges = await addressesOfEdges(connection.client);
  const sights = (await sightsOf(connection.client, resource, opened.settings, true)).filter(
    (each) => wanted === undefined || each.name === wanted,
  );
  const standings = await Promise.all(
    sights.map(async (sight): Promise<Standing> => ({
      sight,
      dns: isLocalName(sight.name)
        ? undefined
        : await lookAtName(ask, sight.name, { host, resource: resource.address, edges }),
    })),
  );
  const ok = standings.every(isReady);
  if (!ok) context.setExitCode(1);
  if (options.json === true) {
    terminal.json({
      ok,
      resource: resource.address,
      host,
      domains: standings.map((each) => ({
        name: each.sight.name,
        ready: isReady(each),
        served: each.sight.served,
        why: each.sight.why,
        dns: each.dns ?? null,
        edges: each.sight.edges,
      })),
    });
    return;
  }
  if (standings.length === 0) terminal.line('It has no names of its own.');
  for (const each of standings) for (const line of linesOf(each, terminal.style)) terminal.line(line);
}

/** Whether viewers that have the name come to an edge that serves it. */
function isReady({ sight, dns }: Standing): boolean {
  const inDns = dns === undefined || (dns.proof.there === true && dns.leads.there === true);
  return inDns && sight.served === true && sight.why === null;
}

function linesOf({ sight, dns }: Standing, style: Style): readonly string[] {
  const served = sight.why === null ? style.green('served by every edge') : style.yellow(sight.why);
  return [
    `${sight.name}${dns?.apex === true ? ', where a zone begins' : ''}: ${served}`,
    ...(dns === undefined ? [] : [recordLine(dns.proof, style), recordLine(dns.leads, style)]),
  ];
}

function recordLine({ record: { name, type, value }, there, why }: RecordSight, style: Style): string {
  const text = type === 'TXT' ? `"${value}"` : `${value}.`;
  const stands =
    there === true ? style.green('there') : style.yellow(there === null ? 'not seen' : 'put into DNS');
  return `  ${name}.  ${type}  ${text}  ${stands}${why === null ? '' : `: ${why}`}`;
}

function nameOf(text: string, names: readonly string[]): string {
  const name = parseName(text);
  if (names.includes(name)) return name;
  throw new MediaError({
    code: 'cli/bad-domain',
    message: `The resource has no name ${name}.`,
    hint:
      names.length === 0
        ? 'Add one with "media resource update 1 --domain shop.example".'
        : `It has ${names.join(', ')}.`,
    source: 'client',
  });
}

/** An address with or without port. */
function resolverOf(text: string | undefined): string | undefined {
  if (text === undefined || isIP(text) !== 0) return text;
  const url = URL.parse(`udp://${text}`);
  const host = url?.hostname.replaceAll(/^\[|\]$/g, '') ?? '';
  if (isIP(host) !== 0 && url?.pathname === '') return text;
  throw new MediaError({
    code: 'cli/bad-choice',
    message: `--resolver ${text} is no address of a resolver.`,
    hint: 'Write it as 127.0.0.1, 127.0.0.1:5353 or [::1]:53.',
    source: 'client',
  });
}

/** Where the edges of the network are, as their endpoints say. */
async function addressesOfEdges(client: MediaClient): Promise<ReadonlySet<string>> {
  const active = (await client.edges()).filter(({ status }) => status === NODE_STATUS.active);
  const hosts = new Set(
    active.map(({ endpoint }) => (URL.parse(endpoint)?.hostname ?? '').replaceAll(/^\[|\]$/g, '')),
  );
  const found = await Promise.all(
    [...hosts].map(async (host) => {
      if (isIP(host) !== 0) return [host];
      const all = await lookup(host, { all: true }).catch(() => []);
      return all.map(({ address }) => address);
    }),
  );
  return new Set(found.flat().map(canonical));
}
