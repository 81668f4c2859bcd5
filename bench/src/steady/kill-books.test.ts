import { expect, it } from 'vitest';
import { createKillBooks } from './kill-books.ts';

const heard = (rawBytes: number) => ({ kind: 'right', hit: true, bytes: rawBytes, rawBytes }) as const;
const commits = (bytes: bigint | undefined) => ({ committedBytes: () => Promise.resolve(bytes) });
const received = (bytes: number) => [{ receivedBytes: () => bytes }];

it('takes what lies between what was acknowledged and what was received', async () => {
  const wrong: string[] = [];
  const books = createKillBooks((why) => wrong.push(why));
  books.heard(heard(100));
  await books.read(commits(120n));
  books.heard(heard(50));
  books.ended(received(180));
  // What came after the last commit may be lost with the process: nobody was told of it.
  books.heard(heard(10));
  await books.read(commits(130n));
  books.ended(received(10));
  expect(wrong).toEqual([]);
  expect(books.now()).toEqual({ commits: 2, committed: 130n, received: 190n });
});

it('says when acknowledged bytes are lost, or what a viewer had in this life', async () => {
  const wrong: string[] = [];
  const books = createKillBooks((why) => wrong.push(why));
  await books.read(commits(100n));
  books.ended(received(200));
  books.heard(heard(30));
  await books.read(commits(129n));
  expect(wrong).toEqual(['committed to 129 bytes, and 130 had been acknowledged or received']);
});

it('says when bytes are counted that nobody received', async () => {
  const wrong: string[] = [];
  const books = createKillBooks((why) => wrong.push(why));
  await books.read(commits(100n));
  books.ended(received(99));
  expect(wrong).toEqual(['committed to 100 bytes, and viewers have received 99']);
});

it('an edge that is killed while it is asked has said nothing', async () => {
  const wrong: string[] = [];
  const books = createKillBooks((why) => wrong.push(why));
  await books.read({ committedBytes: () => Promise.reject(new Error('gone')) });
  await books.read(commits(undefined));
  books.ended(received(0));
  expect([wrong, books.now().commits]).toEqual([[], 0]);
});
