import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { createServer, type IncomingHttpHeaders, type Server, type ServerResponse } from 'node:http';
import { text } from 'node:stream/consumers';
import { GatewayUnavailableError, MessageRefusedError } from './notification-gateway.js';
import { TwilioGateway } from './twilio-gateway.js';

const message = { to: '+14155550123', body: 'Hello Ada & co, welcome.' };

interface ReceivedRequest {
  line: string;
  headers: IncomingHttpHeaders;
  form: Record<string, string>;
}

let twilio: Server;
let requests: ReceivedRequest[];
let answer: (response: ServerResponse) => void;

beforeEach(async () => {
  requests = [];
  answer = created;
  twilio = createServer((request, response) => {
    void text(request).then((body) => {
      const form = Object.fromEntries(new URLSearchParams(body));
      requests.push({ line: `${request.method} ${request.url}`, headers: request.headers, form });
      answer(response);
    });
  });
  await new Promise<void>((resolve) => twilio.listen(0, '127.0.0.1', resolve));
});

afterEach(async () => {
  twilio.closeAllConnections();
  await new Promise((resolve) => twilio.close(resolve));
});

describe('TwilioGateway', () => {
  it('posts the message to the account, and returns its sid', async () => {
    expect(await gateway().send(message, 'event-1')).toBe('SM123');

    expect(requests).toHaveLength(1);
    const { line, headers, form } = requests[0]!;
    expect(line).toBe('POST /2010-04-01/Accounts/AC42/Messages.json');
    expect(headers.authorization).toBe(`Basic ${Buffer.from('AC42:top-secret').toString('base64')}`);
    expect(headers['content-type']).toMatch(/^application\/x-www-form-urlencoded/);
    expect(headers['i-twilio-idempotency-token']).toBe('event-1');
    expect(form).toEqual({ To: '+14155550123', From: '+15005550006', Body: 'Hello Ada & co, welcome.' });
  });

  it('lets no key change the headers', async () => {
    await gateway().send(message, 'a\r\nx-evil: 1 é');

    expect(requests[0]!.headers['x-evil']).toBeUndefined();
    expect(requests[0]!.headers['i-twilio-idempotency-token']).toBe('a%0D%0Ax-evil%3A%201%20%C3%A9');
  });

  it("reports a refusal as final, with Twilio's code and message and no credentials", async () => {
    answer = json(400, { code: 21211, message: "The 'To' number is not a valid phone number." });

    const error = await failure(gateway().send(message, 'event-1'));

    expect(error).toBeInstanceOf(MessageRefusedError);
    expect(error.message).toBe(
      "Twilio refused the text message: HTTP 400, Twilio's code 21211: The 'To' number is not a valid phone number.",
    );
    expect(error.stack).not.toContain('secret');
  });

  it.each(["'+14155550123'", "'14155550123'", 'whatsapp:+14155550123'])(
    'masks the number if it is quoted as %s',
    async (quoted) => {
      answer = json(400, { code: 21211, message: `${quoted} is not a valid phone number.` });

      const { message: told } = await failure(gateway().send(message, 'event-1'));

      expect(told).toContain('1415*****23');
      expect(told).not.toContain('5550');
    },
  );

  it('reports a refusal without a readable reason as final', async () => {
    answer = (response) => response.writeHead(400).end('<html>no</html>');

    await expect(gateway().send(message, 'event-1')).rejects.toThrow(
      new MessageRefusedError('Twilio refused the text message: HTTP 400'),
    );
  });

  it.each([401, 403, 404])('reports HTTP %d, which concerns the account, as unavailable', async (status) => {
    answer = json(status, { code: 20003, message: 'Authenticate' });

    const error = await failure(gateway().send(message, 'event-1'));

    expect(error).toBeInstanceOf(GatewayUnavailableError);
    expect(error.message).toContain('Check TWILIO_ACCOUNT_SID, TWILIO_AUTH_TOKEN and the account at Twilio.');
  });

  it.each([429, 500, 503])('reports HTTP %d as unavailable', async (status) => {
    answer = json(status, { code: 20_000 + status, message: 'Slow down' });

    const error = await failure(gateway().send(message, 'event-1'));

    expect(error).toBeInstanceOf(GatewayUnavailableError);
    expect(error.message).toContain(`HTTP ${status}, Twilio's code ${20_000 + status}: Slow down`);
  });

  it.each([
    [
      'the home page of something else',
      (response: ServerResponse) => response.writeHead(200).end('<html></html>'),
    ],
    ['null', json(200, null)],
    ['an answer without a sid', json(201, { status: 'queued' })],
  ])('does not mistake %s for a sent message', async (_what, wrong) => {
    answer = wrong;

    await expect(gateway().send(message, 'event-1')).rejects.toThrow(
      /without a message sid. Check TWILIO_BASE_URL/,
    );
  });

  it('does not follow a redirect', async () => {
    answer = (response) => response.writeHead(302, { location: '/elsewhere' }).end();

    await expect(gateway().send(message, 'event-1')).rejects.toThrow(GatewayUnavailableError);

    expect(requests).toHaveLength(1);
  });

  it('gives up on a server that does not answer', async () => {
    answer = () => undefined;

    const error = await failure(gateway({ timeout: 100 }).send(message, 'event-1'));

    expect(error).toBeInstanceOf(GatewayUnavailableError);
    expect(error.message).toMatch(/^No answer from Twilio at http:\/\/127\.0\.0\.1:\d+: .*timeout/);
  });

  it('gives up on a server that stops in the middle of its answer', async () => {
    answer = (response) => response.writeHead(201).write('{"sid":');

    await expect(gateway({ timeout: 100 }).send(message, 'event-1')).rejects.toThrow(GatewayUnavailableError);
  });

  it('reports the reason if nothing listens', async () => {
    const closed = gateway();
    await new Promise((resolve) => twilio.close(resolve));

    const error = await failure(closed.send(message, 'event-1'));

    expect(error).toBeInstanceOf(GatewayUnavailableError);
    expect(error.message).toContain('ECONNREFUSED');
  });
});

function gateway({ timeout }: { timeout?: number } = {}): TwilioGateway {
  const { port } = twilio.address() as { port: number };
  const baseUrl = `http://127.0.0.1:${port}/`;
  return new TwilioGateway({
    accountSid: 'AC42',
    authToken: 'top-secret',
    from: '+15005550006',
    baseUrl,
    timeout,
  });
}

function created(response: ServerResponse): void {
  json(201, { sid: 'SM123', status: 'queued' })(response);
}

function json(status: number, body: unknown): (response: ServerResponse) => void {
  return (response) =>
    response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body));
}

async function failure(sending: Promise<string>): Promise<Error> {
  return sending.then(
    (sid) => Promise.reject(new Error(`sent as ${sid}`)),
    (error: Error) => error,
  );
}
