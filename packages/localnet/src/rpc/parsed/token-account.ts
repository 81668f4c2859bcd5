import type { Address } from '@solana/kit';
import type { StoredAccount } from '../../svm/account.ts';
import { TOKEN_2022_PROGRAM } from '../../svm/program-ids.ts';
import {
  extensionsOf,
  readMint,
  readMultisig,
  readTokenAccount,
  uiTokenAmount,
} from '../../svm/token-layout.ts';
import { parseExtensions } from './token-extensions.ts';

/** `jsonParsed` of a token account, mint or multisig (agave, `account-decoder/src/parse_token.rs`). */
export function parseTokenData(
  account: StoredAccount,
  read: (address: Address) => StoredAccount | undefined,
): unknown {
  const parsed = parseMint(account) ?? parseAccount(account, read) ?? parseMultisig(account);
  if (parsed === undefined) return undefined;
  const extensions = parsed.type === 'multisig' ? [] : parseExtensions(extensionsOf(account));
  const isToken2022 = account.owner === TOKEN_2022_PROGRAM;
  const info = extensions.length > 0 ? { ...parsed.info, extensions } : parsed.info;
  return {
    program: isToken2022 ? 'spl-token-2022' : 'spl-token',
    parsed: { info, type: parsed.type },
    space: account.data.length,
  };
}

interface Parsed {
  readonly type: 'mint' | 'account' | 'multisig';
  readonly info: Readonly<Record<string, unknown>>;
}

function parseMint(account: StoredAccount): Parsed | undefined {
  const mint = readMint(account);
  if (mint === undefined) return undefined;
  return { type: 'mint', info: { ...mint, supply: mint.supply.toString() } };
}

function parseMultisig(account: StoredAccount): Parsed | undefined {
  const info = readMultisig(account);
  return info && { type: 'multisig', info: { ...info } };
}

function parseAccount(
  account: StoredAccount,
  read: (address: Address) => StoredAccount | undefined,
): Parsed | undefined {
  const token = readTokenAccount(account);
  if (token === undefined) return undefined;
  const mintAccount = read(token.mint);
  const mint = mintAccount === undefined ? undefined : readMint(mintAccount);
  if (mint === undefined) return undefined;
  return {
    type: 'account',
    info: {
      isNative: token.nativeReserve !== null,
      mint: token.mint,
      owner: token.owner,
      state: token.state,
      tokenAmount: uiTokenAmount(token.amount, mint.decimals),
      ...(token.delegate === null
        ? {}
        : { delegate: token.delegate, delegatedAmount: uiTokenAmount(token.delegatedAmount, mint.decimals) }),
      ...(token.nativeReserve === null
        ? {}
        : { rentExemptReserve: uiTokenAmount(token.nativeReserve, mint.decimals) }),
      ...(token.closeAuthority === null ? {} : { closeAuthority: token.closeAuthority }),
    },
  };
}
