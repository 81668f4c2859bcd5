/** What a channel is about; by their names in the API. The web front has words for each in its languages. */
export const CATEGORIES: readonly string[] = [
  'talk',
  'music',
  'games',
  'art',
  'science',
  'sport',
  'news',
  'outdoors',
  'other',
];
