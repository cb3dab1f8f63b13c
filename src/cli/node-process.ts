/**
 * Runs the Node runner in a separate process, because Dawn and drivers print messages, and drivers may crash. The process is this program
 * again, with RUNNER as its only argument.
 */

import { fork } from 'node:child_process';
import { ResnetError } from '../util/errors.ts';
import { failureOf, type ImageOutcome, type Job, type OnResult, type Outcome, type Report } from './job.ts';
import * as lazy from './lazy.ts';

export const RUNNER = '--run-job-in-this-process';

type Message = { progress: string } | { result: ImageOutcome } | { outcome: Outcome } | { reason: string } | { failure: string };

/** The result, or why Node cannot run it. Errors in the job itself are thrown. */
export function runInNode(job: Job, report: Report, onResult: OnResult): Promise<Outcome | { reason: string }> {
  return new Promise((resolve, reject) => {
    const program = process.argv[1] ?? '';
    const stderr = process.env.DEBUG ? 'inherit' : 'ignore';
    const child = fork(program, [RUNNER], { execArgv: [], serialization: 'advanced', stdio: ['ignore', 'ignore', stderr, 'ipc'] });
    child.on('message', (message: Message) => {
      if ('progress' in message) return report(message.progress);
      if ('result' in message) return onResult(message.result);
      if ('failure' in message) reject(new Error(message.failure));
      else resolve('outcome' in message ? message.outcome : message);
      child.kill();
    });
    child.on('error', (error) => resolve({ reason: error.message }));
    child.on('exit', (code, signal) => resolve({ reason: `the GPU driver crashed Node (${signal ?? `code ${code}`})` }));
    child.send(job);
  });
}

/** The other process: waits for one job, answers, and is killed. */
export async function serveRunner(): Promise<never> {
  const send = (message: Message) => process.send?.(message);
  process.on('disconnect', () => process.exit());
  process.once('message', async (job: Job) => {
    try {
      const { findNodeAdapter, runOnDawn } = await lazy.nodeRunner();
      const found = await findNodeAdapter();
      if ('reason' in found) send(found);
      else {
        const outcome = await runOnDawn(
          job,
          found,
          (progress) => send({ progress }),
          (result) => send({ result }),
        );
        send({ outcome });
      }
    } catch (error) {
      // Without a good enough adapter here, a browser may still have one.
      const refused = error instanceof ResnetError && ['adapter-missing', 'device-limits', 'shader'].includes(error.code);
      send(refused ? { reason: error.message } : { failure: failureOf(error).message });
    }
  });
  return new Promise(() => {});
}
