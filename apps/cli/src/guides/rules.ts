import { MAX_LINE, MAX_RULES, VERBS } from '@media-network/rules';

const INTRO = `# Rules

What edges do with a resource beside fetching and keeping it is said in rules, one line each. They are part of the settings: on chain,
encrypted, read by guards and edges alone.

\`\`\`
media resource update 1 --rule 'cache /assets/* ttl=30d'     adds one
media resource rules 1                                       lists them, with numbers
media resource update 1 --remove-rule 2                      takes one away
media resource update 1 --rules site.rules                   all of them from a file, # begins a comment
media resource rules                                         every kind of rule there is
\`\`\`

A rule is a verb, mostly a path, and options \`name=value\`; a part with spaces stands in double quotes. In a path \`*\` stands for any characters,
\`/a/b\` is that path alone, and without a path a rule is about all of them. Times are \`30s\`, \`10m\`, \`12h\`, \`7d\`, \`2w\`, \`1y\`. A resource has ${MAX_RULES} rules
at most, of ${MAX_LINE} characters each, and all its settings together must fit into 8,192 bytes on chain, a few hundred of which the guards' keys take.

An edge that does not know a rule serves nothing of the resource: what a publisher closes must not be open at an older edge. Each example below is
run by a test at a real edge.
`;

/** docs/rules.md, from the rules themselves. */
export function rulesPage(): string {
  const sections = VERBS.map(({ name, usage, says, notes = [], examples }) =>
    [
      `## ${name}`,
      `    ${usage}`,
      [says, ...notes].join('\n\n'),
      ...(examples.length === 0 ? [] : [`\`\`\`\n${examples.join('\n')}\n\`\`\``]),
    ].join('\n\n'),
  );
  return `${[INTRO, ...sections].join('\n\n').replaceAll(/\n{3,}/g, '\n\n')}\n`;
}
