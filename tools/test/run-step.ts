import { spawn } from 'node:child_process';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { countsOf, NONE, ONE_FAILED, type Counts, type JestReport } from './counts.js';
import type { Step } from './steps.js';

const SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;

export interface StepResult {
  readonly ok: boolean;
  readonly counts: Counts;
  readonly isInterrupted: boolean;
}

/** Runs a step in another process, which inherits stdin, stdout and stderr. */
export async function runStep(step: Step, root: string): Promise<StepResult> {
  if (!step.isJest) {
    const { ok, isInterrupted } = await run(step.command, root);
    return { ok, counts: ok ? NONE : ONE_FAILED, isInterrupted };
  }
  const folder = await mkdtemp(join(tmpdir(), 'cascade-test-'));
  try {
    const report = join(folder, 'report.json');
    const { ok, isInterrupted } = await run([...step.command, '--json', `--outputFile=${report}`], root);
    const counts = await readCounts(report);
    // Jest also fails without a failed test, for example if it finds no spec or a handle stays open.
    return { ok, counts: ok || counts.failed > 0 ? counts : { ...counts, failed: 1 }, isInterrupted };
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

async function readCounts(report: string): Promise<Counts> {
  try {
    return countsOf(JSON.parse(await readFile(report, 'utf8')) as JestReport);
  } catch {
    return NONE;
  }
}

/** Runs a command, and forwards signals to the command, because the command must not outlive `npm test`. */
function run(command: readonly string[], root: string): Promise<Pick<StepResult, 'ok' | 'isInterrupted'>> {
  const child = spawn(process.execPath, command, { cwd: root, stdio: 'inherit' });
  let isInterrupted = false;
  const pass = (signal: NodeJS.Signals) => {
    isInterrupted = true;
    child.kill(signal);
  };
  for (const signal of SIGNALS) process.on(signal, pass);
  return new Promise((resolve, reject) => {
    child.once('error', reject);
    child.once('close', (code) => {
      for (const signal of SIGNALS) process.off(signal, pass);
      resolve({ ok: code === 0, isInterrupted });
    });
  });
}
