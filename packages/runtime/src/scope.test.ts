import { describe, expect, it } from 'vitest';
import { createScope } from './scope.ts';

describe('scope', () => {
  it('stops parts in reverse order, aborting the signal first', async () => {
    const scope = createScope();
    const order: string[] = [];
    scope.signal.addEventListener('abort', () => order.push('abort'));
    scope.add('first', () => void order.push('first'));
    scope.add('second', async () => {
      await Promise.resolve();
      order.push('second');
    });
    await scope.close();
    expect(order).toEqual(['abort', 'second', 'first']);
  });

  it('tries every part and gathers failures', async () => {
    const scope = createScope();
    const stopped: string[] = [];
    scope.add('a', () => void stopped.push('a'));
    scope.add('b', () => {
      throw new Error('stuck');
    });
    scope.add('c', () => void stopped.push('c'));
    await expect(scope.close()).rejects.toThrow('could not stop b');
    expect(stopped).toEqual(['c', 'a']);
  });

  it('throws the cause of a failure, not what went wrong in the clean-up', async () => {
    const scope = createScope();
    let stopped = false;
    scope.add('first', () => {
      stopped = true;
    });
    scope.add('folder', () => Promise.reject(new Error('ENOTEMPTY: directory not empty')));
    const told: unknown[] = [];
    const cause = new Error('port 8080 is taken');
    await expect(scope.fail(cause, (failure) => told.push(failure))).rejects.toBe(cause);
    expect(stopped).toBe(true);
    expect(told).toEqual([expect.objectContaining({ message: 'could not stop folder' })]);
  });

  it('closes once', async () => {
    const scope = createScope();
    let stops = 0;
    scope.add('part', () => {
      stops += 1;
    });
    await Promise.all([scope.close(), scope.close()]);
    await scope.close();
    expect(stops).toBe(1);
  });

  it('stops what is added after the close at once', async () => {
    const scope = createScope();
    await scope.close();
    let stopped = false;
    scope.add('late', () => {
      stopped = true;
    });
    await scope.close();
    expect(stopped).toBe(true);
  });
});
