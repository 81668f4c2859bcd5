import { wrong } from '../line.ts';
import type { Line, Reading } from '../line.ts';
import { listed, unknownParts } from '../verb.ts';
import type { Verb } from '../verb.ts';

/** Edges by where they are, as their accounts on chain say. */
export interface RegionsRule {
  readonly regions: readonly string[];
}

/** Edges by account. */
export interface EdgesRule {
  readonly edges: readonly string[];
}

/** As an edge account has it: at most 8 bytes. */
const REGION = /^[!-+\--~]{1,8}$/;
const ADDRESS = /^[1-9A-HJ-NP-Za-km-z]{32,44}$/;
const MAX_EDGES = 100;

function namesOf(line: Line, what: string): Reading<readonly string[]> {
  const unknown = unknownParts(line, { words: 1, options: [] });
  if (unknown !== undefined) return unknown;
  const [word] = line.words;
  if (word === undefined) return wrong(`names no ${what}`);
  return { kind: 'ok', value: [...new Set(listed(word))] };
}

export const regions: Verb<RegionsRule> = {
  name: 'regions',
  usage: 'regions REGION,REGION',
  says: 'Only edges there serve the resource, and those that `edges` names; the others answer 421.',
  notes: [
    'An edge is where its account on chain says; `media status` lists the regions. Rules of `regions` and `edges` add up: an edge that any of them names serves. Without one of them all edges do.',
  ],
  examples: ['regions eu-west,us-east', 'regions ap-south'],
  read(line: Line): Reading<RegionsRule> {
    const names = namesOf(line, 'region');
    if (names.kind === 'wrong') return names;
    const bad = names.value.find((name) => !REGION.test(name));
    if (bad !== undefined) return wrong(`has a region that no edge has: ${bad}`);
    return { kind: 'ok', value: { regions: names.value } };
  },
};

export const edges: Verb<EdgesRule> = {
  name: 'edges',
  usage: 'edges ADDRESS,ADDRESS',
  says: 'Only these edges serve the resource, by their accounts, and those in `regions`; the others answer 421.',
  notes: ['`media status --json` shows the accounts of edges.'],
  examples: ['edges 8Ucr2RfdiAK8obU3fMZN3eZo1RyPSGZBVydmR7vSEspQ'],
  read(line: Line): Reading<EdgesRule> {
    const names = namesOf(line, 'edge');
    if (names.kind === 'wrong') return names;
    const bad = names.value.find((name) => !ADDRESS.test(name));
    if (bad !== undefined) return wrong(`has an address that is none: ${bad}`);
    if (names.value.length > MAX_EDGES) return wrong(`names more than ${MAX_EDGES} edges`);
    return { kind: 'ok', value: { edges: names.value } };
  },
};
