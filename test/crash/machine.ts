import { findNatsServer } from '@cascade/embedded-broker';
import { findPostgres } from '@cascade/testing';
import { execFile } from 'node:child_process';
import { availableParallelism, cpus, totalmem } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';

/** Describes the hardware and the software of a run, one component per line. */
export async function describeMachine(): Promise<string[]> {
  const { version } = await findNatsServer();
  const postgres = await promisify(execFile)(join(findPostgres()!, 'postgres'), ['--version']);
  return [
    `${availableParallelism()} cores (${cpus()[0]?.model.trim() || process.arch}), ${Math.round(totalmem() / 2 ** 30)} GiB of memory`,
    `Node ${process.versions.node} on ${process.platform}`,
    `nats-server ${version}, on its default \`sync_interval\` of 2 minutes`,
    postgres.stdout.trim(),
  ];
}
