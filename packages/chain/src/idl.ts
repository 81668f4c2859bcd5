import { ACCOUNTS, ACCOUNT_VERSION, HEADER, INSTRUCTIONS, PROGRAM_ERRORS } from './schema/index.ts';
import type {
  AccountMetaSchema,
  AccountSchema,
  FieldTable,
  FieldType,
  InstructionSchema,
  SeedPart,
} from './schema/index.ts';
import { FIXED, PROGRAMS } from './programs.ts';
import { accountSize } from './codec/accounts.ts';

/**
 * The Codama IDL (standard "codama", spec 1) of the program, for explorers and for generators of clients in
 * other languages. Nodes are written out by hand: https://github.com/codama-idl/codama/tree/main/packages/nodes/docs
 */
type Node = Readonly<Record<string, unknown>> & { readonly kind: string };

const number = (format: string): Node => ({ kind: 'numberTypeNode', format, endian: 'le' });
const publicKey: Node = { kind: 'publicKeyTypeNode' };
const fixedBytes = (size: number): Node => ({
  kind: 'fixedSizeTypeNode',
  size,
  type: { kind: 'bytesTypeNode' },
});
const remainder: Node = { kind: 'remainderCountNode' };

function typeNode(type: FieldType): Node {
  switch (type) {
    case 'u8':
    case 'u16':
    case 'u32':
    case 'u64':
    case 'i64':
      return number(type);
    case 'pubkey':
      return publicKey;
    default:
      if ('bytes' in type) return fixedBytes(type.bytes);
      if ('str' in type) {
        // A u16 length and the text, in a room of fixed size.
        const text = {
          kind: 'sizePrefixTypeNode',
          type: { kind: 'stringTypeNode', encoding: 'utf8' },
          prefix: number('u16'),
        };
        return { kind: 'fixedSizeTypeNode', size: 2 + type.str, type: text };
      }
      return {
        kind: 'arrayTypeNode',
        item: typeof type.array === 'string' ? typeNode(type.array) : structNode(type.array),
        count: { kind: 'fixedCountNode', value: type.length },
      };
  }
}

function fieldNodes(table: FieldTable): Node[] {
  return Object.entries(table).map(([name, type]) => ({
    kind: 'structFieldTypeNode',
    name,
    docs: [],
    type: typeNode(type),
  }));
}

function structNode(table: FieldTable): Node {
  return { kind: 'structTypeNode', fields: fieldNodes(table) };
}

function constantField(name: string, format: string, value: number): Node {
  return {
    kind: 'structFieldTypeNode',
    name,
    docs: [],
    type: number(format),
    defaultValue: { kind: 'numberValueNode', number: value },
    defaultValueStrategy: 'omitted',
  };
}

function tailField(tail: 'bytes' | 'u32'): Node {
  const type =
    tail === 'bytes'
      ? { kind: 'bytesTypeNode' }
      : { kind: 'arrayTypeNode', item: number('u32'), count: remainder };
  return { kind: 'structFieldTypeNode', name: 'tail', docs: [], type };
}

function accountNode(name: string, schema: AccountSchema): Node {
  const header = fieldNodes(HEADER).map((field) => {
    if (field['name'] === 'tag') return constantField('tag', 'u8', schema.tag);
    if (field['name'] === 'version') return constantField('version', 'u8', ACCOUNT_VERSION);
    return field;
  });
  const tail = schema.tail === undefined ? [] : [tailField(schema.tail)];
  return {
    kind: 'accountNode',
    name,
    docs: [schema.doc],
    data: { kind: 'structTypeNode', fields: [...header, ...fieldNodes(schema.fields), ...tail] },
    ...(schema.tail === undefined ? { size: accountSize(name as keyof typeof ACCOUNTS) } : {}),
    ...(schema.seeds === null ? {} : { pda: { kind: 'pdaLinkNode', name } }),
    discriminators: [{ kind: 'fieldDiscriminatorNode', name: 'tag', offset: 0 }],
  };
}

/** Seeds that come from accounts or arguments are variables of the derivation. */
function pdaNode(name: string, seeds: readonly SeedPart[]): Node {
  return {
    kind: 'pdaNode',
    name,
    docs: [],
    seeds: seeds.map((seed) => {
      if ('text' in seed) {
        return {
          kind: 'constantPdaSeedNode',
          type: { kind: 'stringTypeNode', encoding: 'utf8' },
          value: { kind: 'stringValueNode', string: seed.text },
        };
      }
      if ('account' in seed)
        return { kind: 'variablePdaSeedNode', name: seed.account, docs: [], type: publicKey };
      const type = seed.as === 'pubkey' ? publicKey : seed.as === 'bytes' ? fixedBytes(32) : number(seed.as);
      return { kind: 'variablePdaSeedNode', name: seed.arg, docs: [], type };
    }),
  };
}

interface Pda {
  readonly name: string;
  readonly seeds: readonly SeedPart[];
}
type Pdas = ReadonlyMap<string, Pda>;

/** Seeds whatever their variables are called: an instruction may take one from an argument of another name. */
function shapeOf(seeds: readonly SeedPart[]): string {
  return JSON.stringify(
    seeds.map((seed) => ('text' in seed ? seed.text : 'account' in seed ? ['account'] : ['arg', seed.as])),
  );
}

/** Program-derived addresses by their literal seed: some belong to mints and vaults, not to accounts of the program. */
function allPdas(): Pdas {
  const pdas = new Map<string, Pda>();
  const add = (name: string, seeds: readonly SeedPart[]): void => {
    const key = shapeOf(seeds);
    if (!pdas.has(key)) pdas.set(key, { name, seeds });
  };
  const accounts: Readonly<Record<string, AccountSchema>> = ACCOUNTS;
  const instructions: Readonly<Record<string, InstructionSchema>> = INSTRUCTIONS;
  for (const [name, { seeds }] of Object.entries(accounts)) if (seeds !== null) add(name, seeds);
  for (const { accounts: metas } of Object.values(instructions)) {
    for (const meta of metas) if (meta.pda !== undefined) add(meta.name, meta.pda);
  }
  return pdas;
}

function accountMetaNode(meta: AccountMetaSchema, pdas: Pdas): Node {
  return {
    kind: 'instructionAccountNode',
    name: meta.name,
    isWritable: meta.writable === true,
    isSigner: meta.signer === true,
    isOptional: false,
    docs: meta.doc === undefined ? [] : [meta.doc],
    ...defaultOf(meta, pdas),
  };
}

function defaultOf(meta: AccountMetaSchema, pdas: Pdas): { defaultValue?: Node } {
  if (meta.address !== undefined) {
    return { defaultValue: { kind: 'publicKeyValueNode', publicKey: FIXED[meta.address] } };
  }
  if (meta.pda === undefined) return {};
  const linked = pdas.get(shapeOf(meta.pda));
  if (linked === undefined) throw new Error(`no derivation for ${meta.name}`);
  const seeds = meta.pda.flatMap((seed, index) => {
    const variable = linked.seeds[index];
    if ('text' in seed || variable === undefined || 'text' in variable) return [];
    const value =
      'account' in seed
        ? { kind: 'accountValueNode', name: seed.account }
        : { kind: 'argumentValueNode', name: seed.arg };
    const name = 'account' in variable ? variable.account : variable.arg;
    return [{ kind: 'pdaSeedValueNode', name, value }];
  });
  const pda = { kind: 'pdaLinkNode', name: linked.name };
  return { defaultValue: { kind: 'pdaValueNode', pda, seeds } };
}

function instructionNode(name: string, schema: InstructionSchema, pdas: Pdas): Node {
  const argument = (argumentName: string, type: Node): Node => ({
    kind: 'instructionArgumentNode',
    name: argumentName,
    docs: [],
    type,
  });
  const discriminator: Node = {
    ...argument('discriminator', number('u8')),
    defaultValue: { kind: 'numberValueNode', number: schema.id },
    defaultValueStrategy: 'omitted',
  };
  const args = Object.entries(schema.args).map(([arg, type]) => argument(arg, typeNode(type)));
  const tail = schema.tail === undefined ? [] : [argument('tail', { kind: 'bytesTypeNode' })];
  const { remaining } = schema;
  return {
    kind: 'instructionNode',
    name,
    docs: [schema.doc],
    optionalAccountStrategy: 'programId',
    accounts: schema.accounts.map((meta) => accountMetaNode(meta, pdas)),
    arguments: [discriminator, ...args, ...tail],
    ...(remaining === undefined
      ? {}
      : {
          remainingAccounts: [
            {
              kind: 'instructionRemainingAccountsNode',
              isOptional: false,
              isSigner: false,
              docs: [remaining.doc],
              value: { kind: 'argumentValueNode', name: remaining.name },
            },
          ],
        }),
    discriminators: [{ kind: 'fieldDiscriminatorNode', name: 'discriminator', offset: 0 }],
  };
}

/** `chain/…` words and numbers of the program's errors. */
function errorNodes(): Node[] {
  return Object.entries(PROGRAM_ERRORS).map(([code, [name, message]]) => ({
    kind: 'errorNode',
    name: name.charAt(0).toLowerCase() + name.slice(1),
    code: Number(code),
    message,
    docs: [],
  }));
}

/** The whole IDL. `publicKey` of the program is the system program's: every network deploys under an id of its own. */
export function codamaRoot(): Node {
  const pdas = allPdas();
  return {
    kind: 'rootNode',
    standard: 'codama',
    version: '1.0.0',
    program: {
      kind: 'programNode',
      name: 'media',
      publicKey: PROGRAMS.system,
      version: '0.1.0',
      docs: [],
      accounts: Object.entries(ACCOUNTS).map(([name, schema]) => accountNode(name, schema)),
      instructions: Object.entries(INSTRUCTIONS).map(([name, schema]) => instructionNode(name, schema, pdas)),
      definedTypes: [],
      pdas: [...pdas.values()].map(({ name, seeds }) => pdaNode(name, seeds)),
      errors: errorNodes(),
    },
    additionalPrograms: [],
  };
}
