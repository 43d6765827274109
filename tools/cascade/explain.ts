import {
  BrokerUnreachableError,
  InvalidEventError,
  ProvisionError,
  PublishRefusedError,
  PublishTimeoutError,
} from '@app/jetstream';
import { JetStreamApiCodes, JetStreamApiError } from '@nats-io/jetstream';
import { errors } from '@nats-io/transport-node';
import { CommandError } from './errors.js';
import type { Host } from './host.js';

/** Messages that say all, with what to do. */
const PLAIN = [InvalidEventError, ProvisionError, PublishRefusedError, PublishTimeoutError];

/** What people can do about an error of the transport or the broker; any other error is given back as it is. */
export function explain(error: unknown, host: Host): unknown {
  if (error instanceof CommandError) return error;
  if (error instanceof BrokerUnreachableError) return unreachable(error, host);
  if (error instanceof Error && (error as { operational?: boolean }).operational)
    return new CommandError(error.message);
  if (PLAIN.some((type) => error instanceof type)) return new CommandError((error as Error).message);
  const cause = error instanceof Error && error.cause instanceof Error ? error.cause : error;
  if (cause instanceof errors.PermissionViolationError) {
    return new CommandError(
      `The broker does not let this user ${cause.operation === 'publish' ? 'publish' : 'subscribe'} to ${cause.subject}.`,
      ['Set NATS_URL or NATS_CREDS to a user with that right.'],
    );
  }
  if (cause instanceof JetStreamApiError && cause.code === (JetStreamApiCodes.StreamNotFound as number)) {
    return new CommandError('The broker has not the streams of Cascade yet.', [
      '`node cascade provision` creates them, and so does the first start of a service.',
    ]);
  }
  if (cause instanceof errors.TimeoutError || cause instanceof errors.ClosedConnectionError) {
    return new CommandError(`The broker did not answer: ${cause.message}.`, [
      'Try again; `node cascade doctor` looks for what is wrong.',
    ]);
  }
  return error;
}

function unreachable(error: BrokerUnreachableError, { env }: Host): CommandError {
  if (
    error.cause instanceof errors.AuthorizationError ||
    error.cause instanceof errors.UserAuthenticationExpiredError
  ) {
    return new CommandError(`The broker refuses this user: ${error.message}.`, [
      'Put its user and password, or its token, into NATS_URL (nats://user:password@host:port), or name a credentials file ' +
        'with NATS_CREDS.',
    ]);
  }
  return new CommandError(`No broker answers: ${error.message}.`, [
    env['NATS_URL']
      ? 'Start it, correct NATS_URL, or unset NATS_URL for the broker of `npm start`.'
      : 'Start the system with `npm start`, or set NATS_URL to where your broker is.',
  ]);
}
