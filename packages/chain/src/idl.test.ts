import { describe, expect, it } from 'vitest';

import { codamaRoot } from './idl.ts';
import { INSTRUCTIONS } from './schema/index.ts';

function kinds(value: unknown, found = new Set<string>()): Set<string> {
  if (Array.isArray(value)) for (const each of value) kinds(each, found);
  else if (typeof value === 'object' && value !== null) {
    if ('kind' in value && typeof value.kind === 'string') found.add(value.kind);
    for (const each of Object.values(value)) kinds(each, found);
  }
  return found;
}

describe('codamaRoot', () => {
  const root = JSON.parse(JSON.stringify(codamaRoot()));

  it('is a root node of the codama standard, of nodes alone', () => {
    expect(root).toMatchObject({
      kind: 'rootNode',
      standard: 'codama',
      program: { kind: 'programNode', name: 'media' },
    });
    for (const kind of kinds(root)) expect(kind).toMatch(/Node$/);
  });

  it('gives every instruction its discriminator and links only to derivations that it has', () => {
    const pdas = new Set(root.program.pdas.map((each: { name: string }) => each.name));
    expect(root.program.instructions).toHaveLength(Object.keys(INSTRUCTIONS).length);
    const links = JSON.stringify(root).matchAll(/"kind":"pdaLinkNode","name":"(\w+)"/g);
    for (const [, name] of links) expect(pdas).toContain(name);
    for (const instruction of root.program.instructions)
      expect(instruction.arguments[0].name).toBe('discriminator');
  });
});
