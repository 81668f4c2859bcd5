/** What stands for a picture between colons, as in `:heart:`. */
const EMOTES: Readonly<Record<string, string>> = {
  heart: '❤️',
  laugh: '😂',
  clap: '👏',
  fire: '🔥',
  wave: '👋',
  think: '🤔',
  wow: '😮',
  sad: '😢',
  up: '👍',
  down: '👎',
  party: '🎉',
  eyes: '👀',
};

export const withEmotes = (text: string): string =>
  text.replaceAll(/:([a-z]{2,10}):/g, (whole, name: string) => EMOTES[name] ?? whole);
