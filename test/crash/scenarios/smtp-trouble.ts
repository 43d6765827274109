import { FAILURES_STREAM } from '@cascade/jetstream';
import { eventually } from '@cascade/testing';
import { performance } from 'node:perf_hooks';
import { checkLedger, drained } from '../ledger.js';
import type { Scenario } from '../scenario.js';
import { SignupLoad } from '../signup-load.js';
import type { MailMode } from '../system/mail-counter.js';
import { SignupSystem } from '../system/signup-system.js';
import { round, type Trial } from '../trial.js';

/**
 * Number of signups for each kind of trouble. The number is too low to pause the notifier, so the notifier tries to send each
 * mail.
 */
const SIGNUPS = 5;
/**
 * Time within which every attempt to send mail through a hanging server must fail, in seconds. The time includes the SMTP timeout
 * of 10 s.
 */
const GIVEN_UP_WITHIN_S = 16;

export const smtpTrouble: Scenario = {
  name: 'smtp-trouble',
  mustShow:
    'refused, 421, hanging: retried; 550: dead-lettered immediately; dropped after DATA: at most one extra mail',
  run,
};

async function run(trial: Trial): Promise<void> {
  const system = await SignupSystem.start(trial);
  const load = new SignupLoad({ urls: system.urlsOf('signup'), rate: 20 });
  load.stopOffering();
  trial.defer(() => load.stop());
  const modes: MailMode[] = trial.random.shuffled(
    trial.scale(['refuse', 421, 550, 'hang', 'drop'], ['refuse', 421, 550, 'drop']),
  );
  trial.done = `${SIGNUPS} signups each while SMTP ${modes.join(', ')}`;
  for (const mode of modes) await meet(trial, system, load, mode);
  await checkLedger(trial, system, load, { failures: SIGNUPS, withoutMail: SIGNUPS, extraMails: SIGNUPS });
}

/** Offers signups during trouble with the mail server, ends the trouble, and checks the sent mail. */
async function meet(trial: Trial, system: SignupSystem, load: SignupLoad, mode: MailMode): Promise<void> {
  const { mail, client } = system;
  await mail.setMode(mode);
  const before = {
    mails: mail.counts.size,
    extra: mail.extra,
    refusals: mail.refusals,
    failures: await client.count(FAILURES_STREAM, 'failed.>'),
    retries: await retriesOf(system),
  };
  for (let signup = 1; signup <= SIGNUPS; signup++) load.offer();
  await load.finish();

  const begun = performance.now();
  await eventually(() => assertMet(system, mode, before), { timeout: 40_000, interval: 100 });
  const seconds = (performance.now() - begun) / 1_000;
  await mail.setMode('accept');
  await drained(system, load);

  const settled = mode === 550 ? SIGNUPS : 0;
  trial.expectEqual(
    `${mode}: failure events`,
    (await client.count(FAILURES_STREAM, 'failed.>')) - before.failures,
    settled,
  );
  trial.expectEqual(`${mode}: people with a mail`, mail.counts.size - before.mails, SIGNUPS - settled);
  const extra = mail.extra - before.extra;
  trial.expectAtMost(`${mode}: extra mails`, extra, mode === 'drop' ? SIGNUPS : 0);
  const retries = (await retriesOf(system)) - before.retries;
  if (mode === 'hang') trial.expectAtMost('hang: given up', seconds, GIVEN_UP_WITHIN_S, ' s');
  if (settled > 0) trial.expectEqual(`${mode}: retries`, retries, 0);
  trial.figure(
    settled > 0
      ? `${mode}: ${settled} dead-lettered, ${retries} retries`
      : `${mode}: ${retries} retries${mode === 'hang' ? ` after ${round(seconds)} s` : ''}, ${extra} extra mails`,
  );
  trial.log(`${mode}: done`);
}

/**
 * Checks that the trouble has affected every mail.
 *
 * @throws Error if a mail was not affected yet
 */
async function assertMet(
  system: SignupSystem,
  mode: MailMode,
  before: { failures: number; retries: number; refusals: number },
) {
  const failures = (await system.client.count(FAILURES_STREAM, 'failed.>')) - before.failures;
  const retries = (await retriesOf(system)) - before.retries;
  const dropped = system.mail.refusals - before.refusals;
  const met = mode === 550 ? failures : mode === 'drop' ? dropped : retries;
  if (met < SIGNUPS) throw new Error(`${failures} failures, ${retries} retries, ${dropped} refusals`);
}

/**
 * Returns the number of retries so far, including waiting retries. A retry is stored as one message while it waits, and as a
 * second message when it is due.
 */
async function retriesOf({ client }: SignupSystem): Promise<number> {
  const { state } = await client.manager.streams.info('RETRIES');
  const waiting = await client.count('RETRIES', 'retry.notifier.sch.>');
  return Math.ceil((state.last_seq - waiting) / 2) + waiting;
}
