import { open, writeFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import type { MediaClient } from '@media-network/chain';
import {
  MAX_EVIDENCE_BYTES,
  checkEvidence,
  contradiction,
  evidenceOf,
  operatorIn,
  toHex,
} from '@media-network/protocol';
import { MediaError, errorCode } from '@media-network/runtime';
import { examples } from '../command.ts';
import type { CliContext, RegisterCommand } from '../command.ts';
import { chainOptions } from '../chain-options.ts';
import type { ChainOptions } from '../chain-options.ts';
import { connect } from '../connection.ts';
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
    throw new MediaError({
      code: 'cli/no-file',
      message: `${path} cannot be read: ${errorCode(error)}.`,
      source: 'client',
      context: { path },
      cause: error,
    });
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

/** The key that signed for an edge in an hour, as the chain has it now. */
async function operatorsByEdge(
  client: MediaClient,
): Promise<(edge: string, hour: bigint) => readonly string[]> {
  await client.config();
  const edges = new Map((await client.edges()).map((edge) => [String(edge.address), edge]));
  return (edge, hour) => {
    const found = edges.get(edge);
    return found === undefined ? [] : [operatorIn(found, hour)];
  };
}

async function check(file: string, options: ChainOptions, context: CliContext): Promise<void> {
  const evidence = await readEvidence(resolve(context.cwd, file));
  const { client } = await connect(options, context);
  const finding = await checkEvidence(evidence, await operatorsByEdge(client));
  const { terminal } = context;
  if (finding.kind === 'invalid') context.setExitCode(1);
  if (options.json === true) {
    terminal.json(
      finding.kind === 'invalid'
        ? { valid: false, why: finding.why }
        : {
            valid: true,
            edge: finding.edge,
            hour: finding.hour,
            slot: finding.a.slot,
            boot: finding.a.boot,
            totals: [finding.a.total, finding.b.total],
          },
    );
  } else if (finding.kind === 'invalid') {
    terminal.line(terminal.style.red(`It shows nothing: ${finding.why}.`));
  } else {
    const { a, b } = finding;
    terminal.line(terminal.style.green('It is valid: the operator of that hour signed both.'));
    terminal.line(`edge   ${finding.edge}`);
    terminal.line(`when   hour ${a.hour}, slot ${a.slot}, boot ${a.boot}`);
    for (const each of [a, b])
      terminal.line(`said   ${each.total} bytes of ${each.count} resources, root ${toHex(each.root)}`);
  }
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
      'What stands alone against an edge: its own signatures that contradict each other. Anybody can check it with nothing but the keys on chain.',
    );
  examples(evidence, ['media evidence show edge-1 12', 'media evidence check evidence.json']);
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
        .argument('<edge>', 'the edge: its account, or the wallet that owns it, by name or address')
        .argument('<hour>', 'number of the hour')
        .option('--from <url...>', 'further places that serve evidence')
        .option('--out <file>', 'where to write an evidence file, if commits contradict each other')
        .description("Show what guards have of an edge's commits of an hour."),
    ).action((edge: string, hour: string, options: ShowOptions) =>
      show(edge, parseIndex(hour, 'The hour'), options, context),
    ),
    ['media evidence show edge-1 12', 'media evidence show edge-1 12 --out evidence.json'],
  );
};
