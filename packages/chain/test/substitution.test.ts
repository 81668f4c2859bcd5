import { modelOf } from './model-of-world.ts';
import { toModel } from './trace/twin.ts';
import { AccountRole, isSignerRole, isWritableRole } from '@solana/kit';
import type { AccountMeta, Address } from '@solana/kit';
import { beforeAll, describe, expect, it } from 'vitest';

import type { MediaInstruction } from '../src/instructions.ts';
import { tellStory } from '../src/program-world/story.ts';
import type { StoryStep } from '../src/program-world/teller.ts';
import { addressOf, createProgramWorld } from '../src/program-world/world.ts';
import type { ProgramWorld } from '../src/program-world/world.ts';
import { FIXED, PROGRAMS, SYSVARS } from '../src/programs.ts';
import { apply } from '../src/model/apply.ts';
import type { ProgramErrorName } from '../src/model/failure.ts';
import type { ModelState } from '../src/model/state.ts';
import { INSTRUCTIONS, PROGRAM_ERRORS } from '../src/schema/index.ts';
import type { InstructionName, InstructionSchema } from '../src/schema/index.ts';

/**
 * Places where another account is no fault: whoever pays may be anyone who signs. Another address there
 * still has to sign and to be writable, which is tried.
 */
const ANYONE: Readonly<Partial<Record<InstructionName, readonly string[]>>> = {
  createPool: ['payer'],
  charge: ['payer'],
  claim: ['payer'],
  finaliseElection: ['payer'],
  executeGrant: ['payer'],
  executeIntegration: ['payer'],
  executeGuard: ['payer'],
  executeUpgrade: ['payer'],
};

/** What an instruction is about, where anyone may name any: another of the same kind is another right one. */
const SUBJECT: Readonly<Partial<Record<InstructionName, readonly string[]>>> = { refreshQuota: ['resource'] };

interface Attempt {
  readonly what: string;
  readonly accounts: readonly AccountMeta[];
  /** Error that the shape of the instruction gives; the model's without. */
  readonly error?: ProgramErrorName;
}

const schemas: Readonly<Record<InstructionName, InstructionSchema>> = INSTRUCTIONS;

function nameOfPlace(schema: InstructionSchema, index: number): string {
  return schema.accounts[index]?.name ?? schema.remaining?.name ?? 'extra';
}

/** Every way to give the wrong account at one place, and every flag taken away. */
function attemptsOf(step: StoryStep, strangers: readonly Address[]): Attempt[] {
  const schema = schemas[step.name];
  const { accounts } = step.instruction;
  const attempts: Attempt[] = [];
  const put = (index: number, meta: AccountMeta, what: string, error?: ProgramErrorName): void => {
    attempts.push({
      what: `${nameOfPlace(schema, index)}: ${what}`,
      accounts: accounts.with(index, meta),
      ...(error === undefined ? {} : { error }),
    });
  };
  for (const [index, { address, role }] of accounts.entries()) {
    const name = nameOfPlace(schema, index);
    const anyone = ANYONE[step.name]?.includes(name) === true;
    const alike = SUBJECT[step.name]?.includes(name) === true ? [] : (step.others[name] ?? []);
    const others = new Set([...strangers, ...alike, ...accounts.map((each) => each.address)]);
    if (!anyone) {
      for (const other of others) if (other !== address) put(index, { address: other, role }, `is ${other}`);
    }
    if (isSignerRole(role))
      put(
        index,
        { address, role: isWritableRole(role) ? AccountRole.WRITABLE : AccountRole.READONLY },
        'does not sign',
        'MissingSigner',
      );
    if (isWritableRole(role))
      put(
        index,
        { address, role: isSignerRole(role) ? AccountRole.READONLY_SIGNER : AccountRole.READONLY },
        'is not writable',
        'NotWritable',
      );
  }
  for (let index = 0; index + 1 < accounts.length; index += 1) {
    const [left, right] = [accounts[index], accounts[index + 1]];
    if (left === undefined || right === undefined || left.address === right.address) continue;
    const swapped = accounts
      .with(index, { address: right.address, role: left.role })
      .with(index + 1, { address: left.address, role: right.role });
    attempts.push({ what: `${nameOfPlace(schema, index)} and its neighbour swapped`, accounts: swapped });
  }
  attempts.push({
    what: 'the last account is missing',
    accounts: accounts.slice(0, -1),
    error: 'NotEnoughAccounts',
  });
  attempts.push({
    what: 'one account too many',
    accounts: [...accounts, { address: addressOf('nobody'), role: AccountRole.READONLY }],
    error: schema.remaining?.writable === true ? 'NotWritable' : 'NotEnoughAccounts',
  });
  return attempts;
}

/** A transaction merges the flags of one address: an address that stands twice keeps what either place gives it. */
function isWeakened(attempt: Attempt, original: readonly AccountMeta[]): boolean {
  return attempt.accounts.some(({ address, role }, index) => {
    const before = original[index];
    if (before?.address !== address || before.role === role) return false;
    return original.every((each, at) => at === index || each.address !== address);
  });
}

function dump(world: ProgramWorld, addresses: Iterable<Address>): string {
  return [...addresses]
    .map((address) => {
      const found = world.account(address);
      return found === null
        ? `${address} -`
        : `${address} ${found.owner} ${found.lamports} ${Buffer.from(found.data).toString('base64')}`;
    })
    .join('\n');
}

interface Verdict {
  readonly tried: number;
  readonly wrong: readonly string[];
}

async function tryAll(): Promise<Map<InstructionName, Verdict>> {
  const world = createProgramWorld();
  const seen = new Set<Address>();
  const verdicts = new Map<InstructionName, Verdict>();
  for await (const step of tellStory(world)) {
    for (const { address } of step.instruction.accounts) if (address !== PROGRAMS.system) seen.add(address);
    if (step.probe) {
      const before = verdicts.get(step.name);
      const found = probe(world, step, seen);
      verdicts.set(step.name, {
        tried: (before?.tried ?? 0) + found.tried,
        wrong: [...(before?.wrong ?? []), ...found.wrong],
      });
    }
    world.must(...step.before, step.instruction);
  }
  return verdicts;
}

function probe(world: ProgramWorld, step: StoryStep, seen: ReadonlySet<Address>): Verdict {
  const foreign = addressOf('account of another program');
  const empty = addressOf('empty place');
  world.setAccount(foreign, {
    owner: PROGRAMS.upgradeableLoader,
    data: new Uint8Array(2_000).fill(1),
    lamports: 10n ** 9n,
  });
  const strangers = [foreign, empty, PROGRAMS.system, PROGRAMS.token, SYSVARS.clock, SYSVARS.rent];
  const wrong: string[] = [];
  const state = dump(world, seen);
  const model = modelOf(world, [...seen, ...Object.values(step.others).flat(), foreign]);
  let tried = 0;
  for (const attempt of attemptsOf(step, strangers)) {
    const { accounts } = attempt;
    if (
      accounts.every((meta, index) => meta.address === step.instruction.accounts[index]?.address) &&
      accounts.length === step.instruction.accounts.length &&
      !isWeakened(attempt, step.instruction.accounts)
    )
      continue;
    tried += 1;
    const instruction: MediaInstruction = { ...step.instruction, accounts };
    const result = world.run(...step.before, instruction);
    if (result.ok) {
      wrong.push(`${attempt.what}: succeeds`);
      // The world is spoilt for what follows: say so at once rather than fail elsewhere.
      throw new Error(`${step.name}: ${attempt.what}: the program takes it`);
    }
    const expected =
      attempt.error ??
      (isDemoted(attempt, world.programId)
        ? 'NotWritable'
        : expectedOf(model, step, instruction, world.now()));
    const shown =
      result.custom === undefined ? result.text : (nameOf(result.custom) ?? String(result.custom));
    if (shown !== expected) wrong.push(`${step.name} ${attempt.what}: ${shown}, not ${expected}`);
  }
  if (dump(world, seen) !== state) wrong.push('an account has changed');
  return { tried, wrong };
}

/**
 * The runtime lets nobody write sysvars and the loader, nor a program that is called where the upgradeable loader is not
 * among the accounts: at a writable place they arrive as not writable.
 */
function isDemoted({ accounts }: Attempt, programId: Address): boolean {
  const never: readonly Address[] = [...Object.values(SYSVARS), PROGRAMS.upgradeableLoader];
  const hasLoader = accounts.some(({ address }) => address === PROGRAMS.upgradeableLoader);
  return accounts.some(
    ({ address, role }) =>
      isWritableRole(role) && (never.includes(address) || (address === programId && !hasLoader)),
  );
}

const errorNames = new Map(Object.entries(PROGRAM_ERRORS).map(([code, [name]]) => [Number(code), name]));

function nameOf(custom: number): ProgramErrorName | undefined {
  return errorNames.get(custom);
}

/** What the reference model says of an instruction that must fail. */
function expectedOf(
  model: ModelState,
  { before }: StoryStep,
  instruction: MediaInstruction,
  now: bigint,
): string {
  const asked = toModel(instruction, before[0]);
  const schema = schemas[asked.name];
  const fixed = schema.accounts.some(
    (meta, index) =>
      meta.address !== undefined && instruction.accounts[index]?.address !== FIXED[meta.address],
  );
  if (fixed) return 'WrongAddress';
  const applied = apply(model, asked, now);
  if (applied.ok) return 'success';
  return nameOf(applied.custom) ?? String(applied.custom);
}

describe('accounts of every instruction', () => {
  let verdicts = new Map<InstructionName, Verdict>();
  beforeAll(async () => {
    verdicts = await tryAll();
  }, 120_000);

  // Object.keys widens the names of the table.
  it.each(Object.keys(INSTRUCTIONS) as InstructionName[])(
    '%s refuses every other account and changes nothing',
    (name) => {
      const verdict = verdicts.get(name);
      expect(verdict, `the story has no ${name}: add it`).toBeDefined();
      expect(verdict?.wrong).toEqual([]);
      expect(verdict?.tried).toBeGreaterThan(schemas[name].accounts.length * 5);
    },
  );
});
