import { CATALOGUE } from './catalogue.ts';

const AREAS: readonly (readonly [area: string, title: string])[] = [
  ['cli', 'The command'],
  ['devnet', 'The network of `media up`'],
  ['chain', 'The chain and its program'],
  ['dns', 'Name servers'],
  ['edge', 'Edges'],
  ['front', "The edge's front"],
  ['cache', "The edge's cache"],
  ['server', 'Media servers'],
  ['express', 'Platforms of many channels'],
  ['rtmp', 'Encoders'],
  ['hls', 'Live streams'],
  ['certificates', 'Certificates'],
  ['geo', 'Where addresses are'],
  ['guard', 'Guards'],
  ['config', 'Configuration'],
  ['token', 'Tokens'],
  ['receipt', 'Receipts'],
  ['vouch', 'Signers'],
  ['capacity', 'What edges can send'],
  ['commit', "Edges' counters"],
  ['purge', 'Purges'],
  ['tier', 'Between edges'],
  ['witness', 'Witnesses'],
  ['tracker', 'Trackers of PeerPool'],
  ['viewer', 'Viewers'],
  ['audit', 'Audits'],
  ['localnet', 'The embedded chain'],
  ['runtime', 'Everywhere'],
  ['internal', 'Everywhere else'],
  ['bench', 'Measurements'],
];

/** `docs/guides/errors.md`, from the catalogue. */
export function renderErrors(): string {
  const lines = [
    '# Error codes',
    '',
    'Every code that the programs show: in `"error": {"code"}` of `--json`, in the `Media-Error` header and the pages of an edge, in the',
    'JSON answers of guards and edges, in logs. Codes are never reused. `media explain CODE` prints one of them.',
    '',
    "Generated from the code (`apps/cli/src/errors`); a test compares. Codes in capitals (`ENOSPC`, `EACCES`) are the system's own.",
  ];
  for (const [area, title] of AREAS) {
    const entries = [...CATALOGUE].filter(([code]) => code.startsWith(`${area}/`));
    if (entries.length === 0) continue;
    lines.push('', `## ${title}`, '', '| code | what it means | what to do |', '|---|---|---|');
    for (const [code, [meaning, remedy]] of entries)
      lines.push(`| \`${code}\` | ${meaning} | ${remedy.replaceAll(/"(media [^"]+)"/g, '`$1`')} |`);
  }
  return `${lines.join('\n')}\n`;
}

export const ERROR_AREAS: readonly string[] = AREAS.map(([area]) => area);
