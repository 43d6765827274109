import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { isTooOld, MINIMUM_VERSION } from '../version.js';
import { Apt, type Distribution, readDistribution } from './apt.js';
import { addToCache } from './cached.js';
import type { NatsServer } from './nats-server.js';
import { lookUp } from './on-path.js';
import { type Search, StepFailedError } from './step.js';

const PACKAGE = 'nats-server';

/**
 * Runs the step "package", which unpacks the package of the distribution (Debian, Ubuntu or a derivative) into the cache. Nothing
 * is installed on the system, and root rights are not required. If the machine's suite is too old, newer suites of the same
 * archive are tried.
 *
 * @param etc Folder that contains `os-release` and `apt`.
 */
export async function findPackaged(search: Search, { etc = '/etc' } = {}): Promise<NatsServer> {
  for (const tool of ['apt-get', 'dpkg-deb']) {
    if (!(await lookUp(tool, search.env)))
      throw new StepFailedError(`no ${tool} on the PATH`, { expected: true });
  }
  const distribution = await readDistribution(etc);
  if (!distribution.archives.length) {
    throw new StepFailedError(`no archive of the distribution is named in ${join(etc, 'apt')}`);
  }
  const copy = await addToCache(search, (folder) => unpackPackage(search, distribution, folder));
  return { from: 'package', ...copy };
}

async function unpackPackage(search: Search, distribution: Distribution, folder: string): Promise<string> {
  const apt = await Apt.in(folder, search.env);
  const suite = await findSuite(search, apt, distribution);
  search.report(`unpacking the package ${PACKAGE} of the distribution's suite ${suite}`);
  const { ok, lastLine } = await apt.unpack(PACKAGE, join(folder, 'files'));
  if (!ok)
    throw new StepFailedError(`the package ${PACKAGE} of ${suite} could not be downloaded: ${lastLine}`);

  const executable = ['usr/sbin', 'usr/bin']
    .map((place) => join(folder, 'files', place, 'nats-server'))
    .find(existsSync);
  if (!executable) throw new StepFailedError(`the package ${PACKAGE} of ${suite} has no nats-server`);
  return executable;
}

/** Returns the first suite whose package is new enough. The lists of this suite are then loaded in apt. */
async function findSuite(search: Search, apt: Apt, { archives, suites }: Distribution): Promise<string> {
  const offers: string[] = [];
  for (const [index, suite] of suites.entries()) {
    search.report(`asking the distribution's archive for nats-server: suite ${suite}`);
    const { answered, reason } = await apt.update(archives, suite);
    // The machine's own suite always exists. If its lists do not arrive, the lists of other suites will not arrive either.
    if (!answered && index === 0) {
      throw new StepFailedError(`the distribution's archive gave no package lists: ${reason}`, {
        remedy: 'connect to the network for the first start, and check that `apt-get update` works',
      });
    }
    const version = answered ? await apt.newest(PACKAGE) : undefined;
    if (version && !isTooOld(version)) return suite;
    offers.push(version ? `${suite} has ${version}` : `${suite} has none`);
  }
  throw new StepFailedError(
    `the distribution's archive has no nats-server ${MINIMUM_VERSION} or newer: ${offers.join(', ')}`,
  );
}
