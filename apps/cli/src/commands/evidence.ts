import { open, writeFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import type { MediaClient } from '@media-network/chain';
import {
  MAX_EVIDENCE_BYTES,
  checkEvidence,
  contradiction,
  evidenceOf,
  hourAt,
  operatorIn,
  toHex,
} from '@media-network/protocol';
import type { EvidenceChain, EvidenceFinding } from '@media-network/protocol';
import { MediaError } from '@media-network/runtime';
import { examples } from '../command.ts';
import type { CliContext, RegisterCommand } from '../command.ts';
import { chainOptions } from '../chain-options.ts';
import type { ChainOptions } from '../chain-options.ts';
import { connect } from '../connection.ts';
import { unreadable } from '../named-file.ts';
import { evidenceWords } from '../evidence/words.ts';
import { edgeOf, parseIndex } from './audit.ts';

interface ShowOptions extends ChainOptions {
  readonly from?: string[];
  readonly out?: string;
}

/** A file's text as JSON; never more of it than an evidence file can have. */
async function readEvidence(path: string): Promise<unknown> {
  let text: string;
  try {
    const file = await open(path);
    try {
      const { buffer, bytesRead } = await file.read(
        Buffer.alloc(MAX_EVIDENCE_BYTES + 1),
        0,
        MAX_EVIDENCE_BYTES + 1,
        0,
      );
      if (bytesRead > MAX_EVIDENCE_BYTES)
        throw notEvidence(path, `is longer than ${MAX_EVIDENCE_BYTES} bytes`);
      text = buffer.toString('utf8', 0, bytesRead);
    } finally {
      await file.close();
    }
  } catch (error) {
    if (error instanceof MediaError) throw error;
    throw unreadable(path, error);
  }
  try {
    return JSON.parse(text);
  } catch {
    throw notEvidence(path, 'is no JSON');
  }
}

function notEvidence(path: string, why: string): MediaError {
  return new MediaError({
    code: 'cli/bad-evidence',
    message: `${path} is no evidence file: it ${why}.`,
    source: 'client',
    context: { path },
  });
}

/** What the chain says of edges and guards, as it has them now. */
async function evidenceChain(client: MediaClient): Promise<EvidenceChain> {
  const config = await client.config();
  const found = [...(await client.edges()), ...(await client.guards())];
  const nodes = new Map(found.map((node) => [String(node.address), node]));
  return {
    operatorsOf(at, hour) {
      const node = nodes.get(at);
      return node === undefined ? [] : [operatorIn(node, hour)];
    },
    async reportedBy(edge, hour) {
      const node = nodes.get(edge);
      return node === undefined ? undefined : (await client.report(node.address, hour))?.bytes;
    },
    hourAt: (secs) => (secs < config.epochZero ? undefined : hourAt(config, secs)),
  };
}

/** What a finding says, for scripts. */
function figuresOf(finding: EvidenceFinding): object {
  if (finding.kind === 'invalid') return { valid: false, why: finding.why };
  const { fault, hour } = finding;
  const common = { valid: finding.kind === 'valid', signed: finding.kind === 'valid', fault, hour };
  switch (finding.fault) {
    case 'contradicting-counters':
    case 'report-above-counters': {
      const { edge, a, b } = finding;
      const of = { ...common, edge, slot: a.slot, boot: a.boot, totals: [a.total, b.total] };
      return finding.fault === 'report-above-counters' ? { ...of, reported: finding.reported } : of;
    }
    case 'contradicting-views':
      return { ...common, guard: finding.guard, unixMs: finding.a.unixMs };
    default:
      return { ...common, edge: finding.edge, resource: finding.resource, bodies: finding.bodies };
  }
}

async function check(file: string, options: ChainOptions, context: CliContext): Promise<void> {
  const evidence = await readEvidence(resolve(context.cwd, file));
  const { client } = await connect(options, context);
  const finding = await checkEvidence(evidence, await evidenceChain(client));
  const { terminal } = context;
  const { style } = terminal;
  // What nobody has signed proves nothing to a stranger.
  if (finding.kind !== 'valid') context.setExitCode(1);
  if (options.json === true) {
    terminal.json(figuresOf(finding));
    return;
  }
  if (finding.kind === 'invalid') {
    terminal.line(style.red(`It shows nothing: ${finding.why}.`));
    return;
  }
  terminal.line(
    finding.kind === 'valid'
      ? style.green('It is valid: the operator of that hour signed both.')
      : style.yellow('It is well formed, and nobody but its guard stands behind it.'),
  );
  for (const line of evidenceWords(finding)) terminal.line(line);
}

/** A file in words. */
async function explain(file: string, options: ChainOptions, context: CliContext): Promise<void> {
  const evidence = await readEvidence(resolve(context.cwd, file));
  const { client } = await connect(options, context);
  const finding = await checkEvidence(evidence, await evidenceChain(client));
  const { terminal } = context;
  if (options.json === true) terminal.json(figuresOf(finding));
  else if (finding.kind === 'invalid') terminal.line(terminal.style.red(`It shows nothing: ${finding.why}.`));
  else for (const line of evidenceWords(finding)) terminal.line(line);
}

async function show(which: string, hour: bigint, options: ShowOptions, context: CliContext): Promise<void> {
  const { client } = await connect(options, context);
  await client.config();
  const edge = await edgeOf(which, client, options, context);
  const [account] = await client.accounts('edge', [edge]);
  if (account === null || account === undefined) {
    throw new MediaError({
      code: 'cli/no-edge',
      message: `There is no edge at ${edge} on this chain.`,
      hint: '"media status" lists them.',
      source: 'client',
    });
  }
  const { findCommits } = await import('@media-network/audit');
  const { auditDeps } = await import('../audit-deps.ts');
  const collected = await findCommits(auditDeps(client, options.from), account, hour);
  const pair = contradiction(collected.map(({ commit }) => commit));
  const file = pair === undefined ? undefined : evidenceOf(pair);
  if (file !== undefined && options.out !== undefined)
    await writeFile(resolve(context.cwd, options.out), `${JSON.stringify(file)}\n`);
  const { terminal } = context;
  if (options.json === true) {
    const commits = collected.map(({ commit, counters }) => ({
      slot: commit.slot,
      boot: commit.boot,
      total: commit.total,
      count: commit.count,
      root: toHex(commit.root),
      counters: counters !== undefined,
    }));
    terminal.json({ edge, hour, commits, evidence: file ?? null });
    return;
  }
  if (collected.length === 0) {
    terminal.line(`Nobody has a commit of this edge for hour ${hour}.`);
    return;
  }
  for (const { commit, counters } of collected) {
    const shown = counters === undefined ? ', counters not shown by anybody' : '';
    terminal.line(
      `slot ${String(commit.slot).padStart(2)}  boot ${commit.boot}  ${commit.total} bytes of ${commit.count} resources${shown}`,
    );
  }
  if (pair === undefined) terminal.line('They do not contradict each other.');
  else {
    terminal.line(terminal.style.red(`Two of slot ${pair[0].slot} contradict each other.`));
    terminal.line(
      options.out === undefined
        ? 'Keep them with --out FILE.'
        : `Written to ${options.out}: "media evidence check" verifies it.`,
    );
  }
}

export const registerEvidence: RegisterCommand = (program, context) => {
  const evidence = program
    .command('evidence')
    .description(
      'What stands alone against an edge or a guard: its own signatures that contradict each other. Anybody can check it with nothing but what is on chain.',
    );
  examples(evidence, [
    'media evidence show evidence.json',
    'media evidence show edge-1 12',
    'media evidence check evidence.json',
  ]);
  examples(
    chainOptions(
      evidence
        .command('check')
        .argument('<file>', 'evidence file')
        .description('Verify an evidence file. Exit code 1 when it shows nothing.'),
    ).action((file: string, options: ChainOptions) => check(file, options, context)),
    ['media evidence check evidence.json', 'media evidence check evidence.json --json'],
  );
  examples(
    chainOptions(
      evidence
        .command('show')
        .argument(
          '<what>',
          'an evidence file; or an edge: its account, or the wallet that owns it, by name or address',
        )
        .argument('[hour]', 'number of the hour, of an edge')
        .option('--from <url...>', 'further places that serve evidence')
        .option('--out <file>', 'where to write an evidence file, if commits contradict each other')
        .description(
          "Explain an evidence file in words, or show what guards have of an edge's commits of an hour.",
        ),
    ).action((what: string, hour: string | undefined, options: ShowOptions) =>
      hour === undefined
        ? explain(what, options, context)
        : show(what, parseIndex(hour, 'The hour'), options, context),
    ),
    [
      'media evidence show evidence.json',
      'media evidence show edge-1 12',
      'media evidence show edge-1 12 --out evidence.json',
    ],
  );
};
