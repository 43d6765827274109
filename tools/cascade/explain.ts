import {
  BrokerUnreachableError,
  InvalidDeclarationError,
  InvalidEventError,
  InvalidReplayError,
  NoAnswerError,
  ProvisionError,
  PublishRefusedError,
  PublishTimeoutError,
  RemovalNotRecordedError,
  StreamReadError,
} from '@cascade/jetstream';
import { InvalidConfigError } from '@cascade/service';
import { JetStreamApiCodes, JetStreamApiError } from '@nats-io/jetstream';
import { errors } from '@nats-io/transport-node';
import { GeneratorError, RefusedNameError } from '../generator/errors.js';
import { CommandError, UsageError } from './errors.js';
import type { Host } from './host.js';

/** Classes of errors whose messages already say what to do. */
const COMPLETE = [
  InvalidDeclarationError,
  InvalidEventError,
  InvalidConfigError,
  InvalidReplayError,
  NoAnswerError,
  ProvisionError,
  PublishRefusedError,
  PublishTimeoutError,
  RemovalNotRecordedError,
  StreamReadError,
];
/** Error code of "JetStream system temporarily unavailable". */
const NO_LEADER = 10008;
const NO_ANSWER = [
  errors.TimeoutError,
  errors.NoRespondersError,
  errors.ClosedConnectionError,
  errors.ConnectionError,
  errors.DrainingConnectionError,
];

/**
 * Converts an error of the transport, the broker or the generator to an error that says what to do.
 *
 * @throws `error` itself if the error is of another kind, such as a bug
 */
export function explain(error: unknown, host: Host): CommandError {
  if (error instanceof CommandError) return error;
  if (error instanceof GeneratorError) {
    const Shown = error instanceof RefusedNameError ? UsageError : CommandError;
    return new Shown(error.message, error.remedies, { cause: error });
  }
  if (error instanceof BrokerUnreachableError) return unreachable(error, host);
  const chain = chainOf(error);
  const denied = chain.find((cause) => cause instanceof errors.PermissionViolationError);
  if (denied) {
    const right = denied.operation === 'publish' ? 'publish' : 'subscribe';
    return new CommandError(`The broker does not let this user ${right} to ${denied.subject}.`, [
      'Set NATS_URL or NATS_CREDS to a user with that right.',
    ]);
  }
  if (isComplete(error)) return new CommandError(error.message, [], { cause: error });
  const refusal = chain.find((cause) => cause instanceof JetStreamApiError);
  if (refusal) return refused(refusal);
  if (chain.some((cause) => NO_ANSWER.some((type) => cause instanceof type))) {
    return new CommandError(
      `The broker did not answer: ${chain.at(-1)!.message}.`,
      ['Try again. `node cascade doctor` looks for the fault.'],
      { cause: error },
    );
  }
  throw error;
}

/** True if the broker denied a right. The denial may be a nested cause of the error. */
export function isDenial(error: unknown): boolean {
  return chainOf(error).some((cause) => cause instanceof errors.PermissionViolationError);
}

function chainOf(error: unknown): Error[] {
  return error instanceof Error ? [error, ...chainOf(error.cause)] : [];
}

function isComplete(error: unknown): error is Error {
  const { operational } = (error ?? {}) as { operational?: boolean };
  return operational === true || COMPLETE.some((type) => error instanceof type);
}

function refused(cause: JetStreamApiError): CommandError {
  if (cause.code === (JetStreamApiCodes.StreamNotFound as number)) {
    return new CommandError(
      'This broker does not have the streams of Cascade yet.',
      ['`node cascade provision` creates them, or the first start of a service.'],
      { cause },
    );
  }
  if (cause.code === NO_LEADER) {
    return new CommandError(
      'JetStream has no leader: most servers of the cluster are down.',
      ['Start them. `node cascade doctor` looks for the fault.'],
      { cause },
    );
  }
  return new CommandError(
    `The broker refuses the request: ${cause.message} (code ${cause.code}).`,
    ['`node cascade doctor` looks for the fault.'],
    { cause },
  );
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
      : 'Start the system with `npm start`, or set NATS_URL to the address of your broker.',
  ]);
}
