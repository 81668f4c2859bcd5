import { X509Certificate } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { MediaError, errorCode } from '@media-network/runtime';
import { chainOptions, dirOption, networkDir } from '../chain-options.ts';
import type { ChainOptions } from '../chain-options.ts';
import { listCertificates } from '../certificates/list.ts';
import { examples } from '../command.ts';
import type { CliContext, RegisterCommand } from '../command.ts';

interface RootOptions {
  readonly dir?: string;
  readonly pem?: true;
  readonly json?: true;
}

/** Below the folder of a network, as `media up` makes it. */
const AUTHORITY = 'authority';

async function readRoot(dir: string): Promise<{ readonly file: string; readonly pem: string }> {
  const { localRootFile } = await import('@media-network/certificates');
  const file = localRootFile(join(dir, AUTHORITY));
  try {
    return { file, pem: await readFile(file, 'utf8') };
  } catch (error) {
    if (errorCode(error) !== 'ENOENT') throw error;
    throw new MediaError({
      code: 'cli/no-authority',
      message: `There is no local authority in ${dir}.`,
      hint: '"media up" makes one with the network; another folder is named by --dir.',
      source: 'client',
      context: { dir },
    });
  }
}

/** How clients are told to trust a root, each by one line that runs as it stands. */
function ways(file: string): readonly (readonly [who: string, command: string])[] {
  const path = JSON.stringify(file);
  return [
    ['curl', `curl --cacert ${path} …`],
    ['Node', `NODE_EXTRA_CA_CERTS=${path} node …`],
    [
      'Debian',
      `sudo cp ${path} /usr/local/share/ca-certificates/media-network.crt && sudo update-ca-certificates`,
    ],
    ['Fedora', `sudo trust anchor ${path}`],
    ['Chrome', `certutil -d sql:$HOME/.pki/nssdb -A -t C,, -n media-network -i ${path}`],
    ['Firefox', 'Settings, Certificates, Authorities, Import'],
    ['macOS', `security add-trusted-cert -r trustRoot -k ~/Library/Keychains/login.keychain-db ${path}`],
    ['Windows', `certutil -user -addstore Root ${path}`],
  ];
}

async function root(options: RootOptions, context: CliContext): Promise<void> {
  const { terminal } = context;
  const { file, pem } = await readRoot(networkDir(options, context));
  const read = new X509Certificate(pem);
  const ends = read.validToDate.toISOString().slice(0, 10);
  if (options.pem === true) {
    terminal.line(pem.trimEnd());
    return;
  }
  if (options.json === true) {
    terminal.json({ file, fingerprint: read.fingerprint256, ends, pem });
    return;
  }
  terminal.line(`root      ${file}`);
  terminal.line(`sha-256   ${read.fingerprint256}`);
  terminal.line(`ends      ${ends}`);
  terminal.line('signs     for names ending in .localhost and loopback addresses, and for nothing else');
  terminal.line();
  terminal.line('To trust it (Chrome: on Linux, where certutil is in libnss3-tools):');
  for (const [who, command] of ways(file)) terminal.line(`  ${who.padEnd(8)} ${command}`);
}

export const registerCertificates: RegisterCommand = (program, context) => {
  const group = program
    .command('certificates')
    .description('Certificates: what edges serve HTTPS with, and the root of the authority of this machine.');
  examples(group, ['media certificates', 'media certificates root']);
  const list = group
    .command('list')
    .summary('what edges serve HTTPS with, and what stands in the way of more')
    .description(
      'Asks the edges of the network which certificates they have: for whom, by whom, until when, and why there is none. An edge tells it on its own machine alone.',
    )
    .action((options: ChainOptions) => listCertificates(options, context));
  examples(chainOptions(list), ['media certificates list', 'media certificates list --json']);
  const command = group
    .command('root')
    .summary("the local authority's root, and how to trust it")
    .description(
      'Says where the root of the local authority is under which "media up" serves HTTPS, and how to trust it. Its key never leaves the folder; it can sign for names ending in .localhost and loopback addresses alone.',
    )
    .option('--pem', 'print the certificate itself')
    .option('--json', 'print it as JSON')
    .action((options: RootOptions) => root(options, context));
  examples(dirOption(command), ['media certificates root', 'media certificates root --pem']);
};
