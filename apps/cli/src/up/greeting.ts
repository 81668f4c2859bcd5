import type { Devnet } from '@media-network/devnet';
import { formatMs } from '../amounts.ts';
import type { CliContext } from '../command.ts';

/** A URL that needs no name: the first edge by its address, which serves the site there too. */
export function plainUrl(devnet: Devnet): string {
  return `http://127.0.0.1:${new URL(devnet.url).port}/`;
}

/** What a network that has just come up says, in a screen of 24 lines. */
export function greet(devnet: Devnet, ms: number, channel: string | undefined, context: CliContext): void {
  const { terminal, invocation } = context;
  const { style } = terminal;
  const { url, secure, published } = devnet;
  const hint = (what: string, command: string): void =>
    terminal.line(`  ${style.dim(what.padEnd(9))} ${command}`);
  terminal.line();
  terminal.line(`${style.bold('Your network is up')} ${style.dim(`(${formatMs(ms)})`)}`);
  terminal.line();
  terminal.line(`  ${style.cyan(url)}`);
  terminal.line(
    `  ${style.cyan(plainUrl(devnet))}  ${style.dim('the same, where no name ending in .localhost resolves')}`,
  );
  if (secure !== undefined)
    terminal.line(
      `  ${style.cyan(secure.url)}  ${style.dim(`once its root is trusted: ${invocation.line('certificates root')}`)}`,
    );
  terminal.line();
  terminal.line(
    published.kind === 'own'
      ? `  ${style.dim('serves')}    ${published.url} (${invocation.line('up --origin sample')} goes back to the sample)`
      : `  ${style.dim('serves')}    the sample site; your own: ${invocation.line('up --origin http://127.0.0.1:3000')}`,
  );
  terminal.line(`  ${style.dim('chain')}     ${devnet.rpcUrl}, websocket ${devnet.wsUrl}`);
  terminal.line(`  ${style.dim('tokens')}    ${devnet.signerUrl}, the publisher's signer`);
  terminal.line(`  ${style.dim('folder')}    ${devnet.dir}`);
  terminal.line();
  terminal.line(style.bold('Try next'));
  hint('a hit', `curl -sD- -o /dev/null ${url}`);
  hint('by name', `curl -sD- -o /dev/null -H 'Host: ${devnet.host}' ${plainUrl(devnet)}`);
  if (secure !== undefined) hint('HTTPS', `curl --cacert ${secure.rootFile} ${secure.url}`);
  if (channel !== undefined) hint('a stream', `${url}watch/${channel}, in a browser`);
  if (devnet.origin !== undefined) {
    hint('50 MB', `curl -o /dev/null ${url}download/50mb.bin`);
    hint('a stream', `${url}watch.html, in a browser`);
  }
  const names = devnet.guards[0]?.dns;
  if (names !== undefined) hint('a name', `dig @${names.host} -p ${names.port} ${devnet.host}`);
  hint('state', invocation.line('status'));
  hint('stop', `Ctrl-C, or ${invocation.line('up --stop')}; "${invocation.line('up')}" goes on from there`);
  terminal.line();
}
