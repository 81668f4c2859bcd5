import { parentPort, workerData } from 'node:worker_threads';
import { readHistory } from './history.ts';
import type { HistoryTask } from './history.ts';

// The edge starts this thread with one task and hears one answer.
const task: HistoryTask = workerData;
parentPort?.postMessage(readHistory(task), []);
