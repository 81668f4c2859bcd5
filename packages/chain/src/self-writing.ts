import {
  assertIsFullySignedTransaction,
  compileTransaction,
  getAddressDecoder,
  getCompiledTransactionMessageDecoder,
  getCompiledTransactionMessageEncoder,
  getSignersFromTransactionMessage,
  isTransactionPartialSigner,
  isWritableRole,
  signTransactionMessageWithSigners,
} from '@solana/kit';
import type { Address, Instruction, Transaction } from '@solana/kit';

/** Stands for the program while a message is compiled; nobody has such an address. */
const STAND_IN: Address = getAddressDecoder().decode(new Uint8Array(32).fill(0xfb));

type Compilable = Parameters<typeof compileTransaction>[0] & {
  readonly instructions: readonly Instruction[];
};

/**
 * Compiles a message in which an instruction writes its own program's account: an upgrade that the program itself carries
 * out. The runtime takes that where the upgradeable loader is among the accounts (agave, `SanitizedMessage`, which else
 * demotes programs that are called); kit refuses it. So the program that is called has a stand-in while kit compiles.
 */
export function compileAny(message: Compilable): Transaction {
  const program = selfWritten(message.instructions);
  if (program === undefined) return compileTransaction(message);
  const instructions = message.instructions.map((each) =>
    each.programAddress === program ? { ...each, programAddress: STAND_IN } : each,
  );
  const compiled = compileTransaction({ ...message, instructions });
  return { ...compiled, messageBytes: withProgram(compiled.messageBytes, program) };
}

type Signable = Parameters<typeof signTransactionMessageWithSigners>[0] & Compilable;
type Signed = Awaited<ReturnType<typeof signTransactionMessageWithSigners>>;

/** Compiles and signs, as kit does, what kit compiles and what it does not. */
export async function signAny(message: Signable): Promise<Signed> {
  if (selfWritten(message.instructions) === undefined) return signTransactionMessageWithSigners(message);
  const compiled = compileAny(message);
  const signers = getSignersFromTransactionMessage(message).filter(isTransactionPartialSigner);
  const signatures = await Promise.all(
    signers.map(async (signer) => (await signer.signTransactions([compiled as never]))[0]),
  );
  // What came out has the lifetime of the message, which `compileTransaction` keeps.
  const signed = {
    ...compiled,
    signatures: { ...compiled.signatures, ...Object.assign({}, ...signatures) },
  } as unknown as Signed;
  assertIsFullySignedTransaction(signed);
  return signed;
}

/** The program that an instruction calls and some instruction writes. */
function selfWritten(instructions: readonly Instruction[]): Address | undefined {
  const called = new Set(instructions.map(({ programAddress }) => programAddress));
  const metas = instructions.flatMap(({ accounts = [] }) => accounts);
  return metas.find(({ address, role }) => isWritableRole(role) && called.has(address))?.address;
}

/** The same bytes without the stand-in: the instructions that call it call the program, which is among the accounts. */
function withProgram(bytes: Transaction['messageBytes'], program: Address): Transaction['messageBytes'] {
  const message = getCompiledTransactionMessageDecoder().decode(bytes);
  if (!('instructions' in message)) throw new Error('a message of a version that this does not write');
  const { staticAccounts, header } = message;
  const gone = staticAccounts.indexOf(STAND_IN);
  const own = staticAccounts.indexOf(program);
  const moved = (index: number): number => (index > gone ? index - 1 : index);
  const edited = {
    ...message,
    header: {
      ...header,
      // A program that is called and nothing else does not sign and is not written.
      numReadonlyNonSignerAccounts: header.numReadonlyNonSignerAccounts - 1,
    },
    staticAccounts: staticAccounts.filter((_, index) => index !== gone),
    instructions: message.instructions.map((each) => ({
      ...each,
      programAddressIndex: moved(each.programAddressIndex === gone ? own : each.programAddressIndex),
      ...(each.accountIndices === undefined ? {} : { accountIndices: each.accountIndices.map(moved) }),
    })),
  };
  // Encoded by the very codec that kit compiles with.
  return getCompiledTransactionMessageEncoder().encode(edited) as Transaction['messageBytes'];
}
