import { BrokerUnreachableError, ProvisionError, PublishDeniedError } from '@cascade/jetstream';
import { JetStreamApiError } from '@nats-io/jetstream';
import { errors } from '@nats-io/transport-node';
import { describe, expect, it } from '@jest/globals';
import { CommandError } from './errors.js';
import { explain } from './explain.js';
import { hostWith } from './test/session.js';

const host = hostWith({ env: {} });
const api = (code: number, description: string) =>
  new JetStreamApiError({ code: 400, err_code: code, description });
const violation = new errors.PermissionViolationError('denied', 'publish', 'events.user.signed-up');

describe('An error of the broker', () => {
  it.each([
    [api(10059, 'stream not found'), /does not have the streams of Cascade yet\./, /node cascade provision/],
    [
      api(10039, 'jetstream not enabled for account'),
      /jetstream not enabled for account \(code 10039\)/,
      /doctor/,
    ],
    [new errors.TimeoutError(), /^The broker did not answer/, /Try again/],
    [new Error('request', { cause: new errors.ClosedConnectionError() }), /did not answer/, /Try again/],
    [
      new PublishDeniedError('no', { cause: new Error('x', { cause: violation }) }),
      /does not let this user publish to events/,
      /NATS_CREDS/,
    ],
    [
      new BrokerUnreachableError('cannot connect', { cause: new Error('refused') }),
      /^No broker answers/,
      /npm start.*NATS_URL/,
    ],
    [
      new BrokerUnreachableError('no', { cause: new errors.AuthorizationError('no') }),
      /refuses this user/,
      /NATS_CREDS/,
    ],
  ])('says what happened and what to do: %s', (error, message, remedy) => {
    const explained = explain(error, host);
    expect(explained).toBeInstanceOf(CommandError);
    expect(explained.message).toMatch(message);
    expect(explained.remedies.join(' ')).toMatch(remedy);
  });

  it('that already says what to do keeps its message', () => {
    const error = new ProvisionError('version 2.9 is too old', { cause: api(1, 'x') });
    expect(explain(error, host).message).toBe('version 2.9 is too old');
  });

  it('of another kind, such as a bug, is thrown with its stack', async () => {
    const bug = new TypeError('x is not a function');
    await expect(async () => explain(bug, host)).rejects.toBe(bug);
  });
});
