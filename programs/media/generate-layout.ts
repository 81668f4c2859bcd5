/**
 * Writes `src/layout.rs` from the tables in `packages/chain/src/schema/`.
 *
 *     node programs/media/generate-layout.ts           writes the file
 *     node programs/media/generate-layout.ts --check   exits 1 if the file is not what it would write
 */
import { readFileSync, writeFileSync } from 'node:fs';
import * as accountSchema from '../../packages/chain/src/schema/accounts.ts';
import * as domainSchema from '../../packages/chain/src/schema/domains.ts';
import * as foundingSchema from '../../packages/chain/src/schema/founding.ts';
import * as elections from '../../packages/chain/src/schema/elections.ts';
import { PROGRAM_ERRORS } from '../../packages/chain/src/schema/errors.ts';
import { ACTIONS, ACTION_BYTES, LINK_MAX, PARAMETERS, PROPOSAL_STATUS, QUARTER_WEEKS, UPGRADE_SLICE, VOTE_SOURCE } from '../../packages/chain/src/schema/governance.ts';
import type { ActionSchema, Parameter } from '../../packages/chain/src/schema/governance.ts';
import { INSTRUCTIONS } from '../../packages/chain/src/schema/instructions.ts';
import type { AccountSchema, FieldTable, FieldType, InstructionSchema } from '../../packages/chain/src/schema/types.ts';

const { ACCOUNTS, HEADER } = accountSchema;
const SCALARS: Readonly<Record<string, number>> = { u8: 1, u16: 2, u32: 4, u64: 8, i64: 8, pubkey: 32 };

const sizeOf = (type: FieldType): number => {
  if (typeof type === 'string') {
    const size = SCALARS[type];
    if (size === undefined) throw new Error(`Unknown field type ${type}`);
    return size;
  }
  if ('bytes' in type) return type.bytes;
  if ('str' in type) return 2 + type.str;
  return type.length * elementSize(type.array);
};
const elementSize = (element: FieldTable | 'u8' | 'u32'): number => (typeof element === 'string' ? sizeOf(element) : tableSize(element));
const tableSize = (table: FieldTable): number => Object.values(table).reduce((sum, type) => sum + sizeOf(type), 0);

const snake = (name: string): string => name.replaceAll(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
const screaming = (name: string): string => snake(name).toUpperCase();

/** Constants for the offsets of a table's fields, with the sizes of what is not a scalar. */
const offsets = (table: FieldTable, from: number, indent: string): string[] => {
  const lines: string[] = [];
  let at = from;
  for (const [name, type] of Object.entries(table)) {
    const constant = screaming(name);
    lines.push(`${indent}pub const ${constant}: usize = ${at};`);
    if (typeof type === 'object') {
      if ('bytes' in type) lines.push(`${indent}pub const ${constant}_BYTES: usize = ${type.bytes};`);
      else if ('str' in type) lines.push(`${indent}pub const ${constant}_MAX: usize = ${type.str};`);
      else {
        lines.push(`${indent}pub const ${constant}_LENGTH: usize = ${type.length};`);
        lines.push(`${indent}pub const ${constant}_STRIDE: usize = ${elementSize(type.array)};`);
        if (typeof type.array === 'object') {
          lines.push(`${indent}/// Offsets within one element of \`${constant}\`.`);
          lines.push(`${indent}pub mod ${snake(name)}_entry {`);
          lines.push(...offsets(type.array, 0, `${indent}    `));
          lines.push(`${indent}}`);
        }
      }
    }
    at += sizeOf(type);
  }
  return lines;
};

const accountModule = ([name, schema]: [string, AccountSchema]): string[] => {
  const size = tableSize(HEADER) + tableSize(schema.fields);
  return [
    `/// ${schema.doc}`,
    `pub mod ${snake(name)} {`,
    `    pub const TAG: u8 = ${schema.tag};`,
    `    /// Bytes of the header and the fixed fields${schema.tail === undefined ? '' : '; a tail follows'}.`,
    `    pub const SIZE: usize = ${size};`,
    `    pub const KIND: crate::account::Kind = crate::account::Kind { tag: TAG, size: SIZE, tail: ${schema.tail !== undefined} };`,
    ...offsets(schema.fields, tableSize(HEADER), '    '),
    '}',
    '',
  ];
};

const instructionModule = ([name, schema]: [string, InstructionSchema]): string[] => [
  `    /// ${schema.doc}`,
  `    pub mod ${snake(name)} {`,
  `        pub const CODE: u8 = ${schema.id};`,
  `        /// Accounts before those that repeat.`,
  `        pub const ACCOUNTS: usize = ${schema.accounts.length};`,
  `        /// Bytes of the arguments${schema.tail === undefined ? '' : '; a tail follows'}.`,
  `        pub const ARGS: usize = ${tableSize(schema.args)};`,
  ...offsets(schema.args, 0, '        '),
  '    }',
];

/** Fields of each kind of proposal, and the parameters that one may set. */
const actionsModule = (): string[] => {
  const config: FieldTable = { ...HEADER, ...ACCOUNTS.config.fields };
  const parameters: string[] = [];
  for (const [name, table] of Object.entries<Readonly<Record<string, Parameter>>>(PARAMETERS)) {
    const { kind, fields } = (ACTIONS as Readonly<Record<string, ActionSchema>>)[name] ?? { kind: 0, fields: {} };
    for (const [index, [field, each]] of Object.entries(table).entries()) {
      if (config[field] !== each.type) throw new Error(`The config has no ${field} of the type ${each.type}`);
      parameters.push(
        `        Parameter { kind: ${kind}, bit: ${2 ** index}, at: ${offsetOf(fields, field)}, config: ${offsetOf(config, field)}, wide: ${each.type === 'u64'}, min: ${each.min}, max: ${each.max}, gradual: ${each.gradual === true}, term: ${each.holds === 'week'} },`,
      );
    }
  }
  return [
    '/// What a proposal says, by kind.',
    'pub mod actions {',
    '    /// A field of the config that a proposal of a kind may set.',
    '    pub struct Parameter {',
    '        pub kind: u32,',
    '        /// Bit of the mask that says that it is set.',
    '        pub bit: u32,',
    '        /// Offset in the action, and in the config.',
    '        pub at: usize,',
    '        pub config: usize,',
    '        /// 64 bits, or 32.',
    '        pub wide: bool,',
    '        pub min: u64,',
    '        pub max: u64,',
    '        /// Moves by at most half or double.',
    '        pub gradual: bool,',
    '        /// Holds for whole weeks.',
    '        pub term: bool,',
    '    }',
    `    pub static PARAMETERS: [Parameter; ${parameters.length}] = [`,
    ...parameters,
    '    ];',
    ...Object.entries<ActionSchema>(ACTIONS).flatMap(([name, schema]) => [
      `    /// ${schema.doc}`,
      `    pub mod ${snake(name)} {`,
      `        pub const KIND: u32 = ${schema.kind};`,
      `        pub const SIZE: usize = ${tableSize(schema.fields)};`,
      ...offsets(schema.fields, 0, '        '),
      '    }',
    ]),
    '}',
    '',
  ];
};
const offsetOf = (table: FieldTable, field: string): number => {
  const names = Object.keys(table);
  const types = Object.values(table);
  return types.slice(0, names.indexOf(field)).reduce<number>((sum, type) => sum + sizeOf(type), 0);
};

const shape = (schema: InstructionSchema): string => {
  const mask = (key: 'signer' | 'writable') => schema.accounts.reduce((bits, account, index) => (account[key] === true ? bits | (1 << index) : bits), 0);
  const fixed = (address: string) => {
    const index = schema.accounts.findIndex((account) => account.address === address);
    return index < 0 ? 'NONE' : String(index);
  };
  const remaining = schema.remaining === undefined ? 'NONE' : schema.remaining.writable === true ? 'WRITABLE' : 'READONLY';
  return `        Shape { args: ${tableSize(schema.args)}, tail: ${schema.tail !== undefined}, accounts: ${schema.accounts.length}, remaining: ${remaining}, signers: ${mask('signer')}, writable: ${mask('writable')}, system: ${fixed('system')}, token: ${fixed('token')}, ata: ${fixed('ata')}, instructions: ${fixed('instructions')} },`;
};

const texts = new Set<string>();
const gather = (seeds: readonly object[] | null | undefined): void => {
  for (const seed of seeds ?? []) if ('text' in seed && typeof seed.text === 'string') texts.add(seed.text);
};
for (const schema of Object.values<AccountSchema>(ACCOUNTS)) gather(schema.seeds);
for (const schema of Object.values<InstructionSchema>(INSTRUCTIONS)) for (const account of schema.accounts) gather(account.pda);

const entries = (table: Readonly<Record<string, number>>, type: string): string[] =>
  Object.entries(table).map(([name, value]) => `    pub const ${screaming(name)}: ${type} = ${value};`);
const group = (name: string, doc: string, lines: readonly string[]): string[] => [`/// ${doc}`, `pub mod ${name} {`, ...lines, '}', ''];

const instructions = Object.entries<InstructionSchema>(INSTRUCTIONS);
/** Ids are never reused: a retired one keeps a place in the table of shapes. */
const byId = new Map<number, InstructionSchema>();
for (const [name, schema] of instructions) {
  if (byId.has(schema.id)) throw new Error(`Instruction ${name} has the id ${schema.id} of another`);
  byId.set(schema.id, schema);
}
const shapes = Array.from({ length: Math.max(...byId.keys()) + 1 }, (_, id) => byId.get(id));

const source = [
  '//! Offsets, sizes, seeds and codes, generated by `generate-layout.ts` from `packages/chain/src/schema/`.',
  '//! Do not edit: change the schema and run the generator.',
  '#![allow(dead_code)]',
  '',
  '/// The header that every account begins with.',
  'pub mod header {',
  `    pub const SIZE: usize = ${tableSize(HEADER)};`,
  ...offsets(HEADER, 0, '    '),
  '}',
  '',
  `pub const ACCOUNT_VERSION: u8 = ${accountSchema.ACCOUNT_VERSION};`,
  `pub const MAX_GUARDS: usize = ${accountSchema.MAX_GUARDS};`,
  `pub const SAMPLES_PER_REPORT: usize = ${accountSchema.SAMPLES_PER_REPORT};`,
  `pub const PRICE_RING: usize = ${accountSchema.PRICE_RING};`,
  `pub const SAMPLE_RING: usize = ${accountSchema.SAMPLE_RING};`,
  `pub const LOCKED_LP: u64 = ${accountSchema.LOCKED_LP};`,
  `pub const MEDIA_SUPPLY: u64 = ${accountSchema.MEDIA_SUPPLY};`,
  `pub const MEDIA_DECIMALS: u8 = ${accountSchema.MEDIA_DECIMALS};`,
  `pub const RECORD_WINDOW: u64 = ${accountSchema.RECORD_WINDOW};`,
  `pub const RECORD_LEAVES: usize = ${accountSchema.RECORD_LEAVES};`,
  `pub const UPGRADE_SLICE: u32 = ${UPGRADE_SLICE};`,
  `pub const CLAIM_WINDOW: u64 = ${accountSchema.CLAIM_WINDOW};`,
  `pub const MONTHS_KEPT: u32 = ${accountSchema.MONTHS_KEPT};`,
  `pub const MAX_DISPUTES: usize = ${accountSchema.MAX_DISPUTES};`,
  `pub const OPEN_SPAN: u64 = ${accountSchema.OPEN_SPAN};`,
  `pub const QUOTE_FREEZABLE: u32 = ${accountSchema.QUOTE_FREEZABLE};`,
  `pub const MAX_ALLOCATIONS: usize = ${foundingSchema.MAX_ALLOCATIONS};`,
  `pub const DOMAIN_STAKE: u64 = ${domainSchema.DOMAIN_STAKE};`,
  `pub const LEAST_LOCK_SAMPLES: u64 = ${foundingSchema.LEAST_LOCK_SAMPLES};`,
  `pub const ACTION_BYTES: usize = ${ACTION_BYTES};`,
  `pub const LINK_MAX: usize = ${LINK_MAX};`,
  `pub const QUARTER_WEEKS: u64 = ${QUARTER_WEEKS};`,
  '',
  ...group('role', 'Roles a stake can back; `flags` of a stake.', entries(accountSchema.ROLE, 'u32')),
  ...group('node_status', 'Of a guard or edge.', entries(accountSchema.NODE_STATUS, 'u8')),
  ...group('resource_status', 'Of a resource.', entries(accountSchema.RESOURCE_STATUS, 'u8')),
  ...group('settings_status', 'Of a settings account.', entries(accountSchema.SETTINGS_STATUS, 'u8')),
  ...group('verdict_status', 'Of a verdict.', entries(accountSchema.VERDICT_STATUS, 'u8')),
  ...group('hour_status', 'Of an hour.', entries(accountSchema.HOUR_STATUS, 'u8')),
  ...group('epoch_status', 'Of an epoch.', entries(accountSchema.EPOCH_STATUS, 'u8')),
  ...group('purpose', 'What a founding allocation is for.', entries(foundingSchema.PURPOSE, 'u32')),
  ...group('election_status', 'Of an election.', entries(elections.ELECTION_STATUS, 'u8')),
  ...group('evidence_kind', 'Of evidence.', entries(elections.EVIDENCE_KIND, 'u32')),
  ...group('election_vote', 'Of a guard.', entries(elections.ELECTION_VOTE, 'u8')),
  ...group('proposal_status', 'Of a proposal.', entries(PROPOSAL_STATUS, 'u8')),
  ...group('vote_source', 'What has voted; status of a vote.', entries(VOTE_SOURCE, 'u8')),
  ...group('seed', 'Literal seeds of program-derived addresses.', [...texts].map((text) => `    pub const ${text.toUpperCase()}: &[u8] = b"${text}";`)),
  ...group(
    'error',
    'Custom errors.',
    ['    use pinocchio::error::ProgramError;', ...Object.entries(PROGRAM_ERRORS).map(([code, [name, words]]) => `    /// ${words}\n    pub const ${screaming(name).slice(1)}: ProgramError = ProgramError::Custom(${code});`)],
  ),
  ...Object.entries<AccountSchema>(ACCOUNTS).flatMap(accountModule),
  ...actionsModule(),
  '/// Arguments and account shapes of the instructions.',
  'pub mod ix {',
  ...instructions.flatMap(instructionModule),
  '',
  '    /// What can be said of an instruction before it is looked at.',
  '    pub struct Shape {',
  '        pub args: usize,',
  '        pub tail: bool,',
  '        pub accounts: usize,',
  '        pub remaining: u8,',
  '        /// Bit masks by account index.',
  '        pub signers: u32,',
  '        pub writable: u32,',
  '        /// Index of the well-known program, or `NONE`.',
  '        pub system: u8,',
  '        pub token: u8,',
  '        pub ata: u8,',
  '        /// Index of the instructions sysvar, or `NONE`.',
  '        pub instructions: u8,',
  '    }',
  '    /// The shape of an id that no instruction has any more: the router refuses it.',
  '    const RETIRED: Shape = Shape { args: 0, tail: true, accounts: 0, remaining: READONLY, signers: 0, writable: 0, system: NONE, token: NONE, ata: NONE, instructions: NONE };',
  '    pub const READONLY: u8 = 0;',
  '    pub const WRITABLE: u8 = 1;',
  '    pub const NONE: u8 = 255;',
  '',
  `    pub static SHAPES: [Shape; ${shapes.length}] = [`,
  ...shapes.map((schema) => (schema === undefined ? '        RETIRED,' : shape(schema))),
  '    ];',
  '}',
  '',
].join('\n');

const target = new URL('src/layout.rs', import.meta.url);
if (process.argv.includes('--check')) {
  if (readFileSync(target, 'utf8') !== source) {
    console.error('src/layout.rs is not what the schema gives: run node programs/media/generate-layout.ts');
    process.exitCode = 1;
  }
} else writeFileSync(target, source);
