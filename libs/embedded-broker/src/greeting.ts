import { connect } from 'node:net';

/** Information that a server sends before the login. Reading the greeting therefore needs no credentials. */
export interface Greeting {
  serverName: string;
  /** Version in the form `major.minor.patch`. */
  version: string;
  /** True if JetStream is enabled. A server opens its port only after it has restored its streams. */
  jetstream: boolean;
}

/**
 * Reads the first line that a NATS server sends, such as `INFO {"version":"2.15.1",...}`.
 *
 * @throws Error if no NATS server listens on the port, or if nothing arrives within `timeout` milliseconds
 */
export function readGreeting(host: string, port: number, timeout: number): Promise<Greeting> {
  return new Promise((resolve, reject) => {
    let received = '';
    const socket = connect({ host, port });
    socket.setEncoding('utf8');
    socket.setTimeout(timeout, () => socket.destroy(new Error(`no answer within ${timeout} ms`)));
    socket.on('data', (chunk: string) => {
      received += chunk;
      if (!received.includes('\n') && received.length < 65_536) return;
      const greeting = parse(received);
      if (greeting) resolve(greeting);
      socket.destroy(greeting ? undefined : new Error('the server there is not a NATS server'));
    });
    socket.on('error', reject);
    socket.on('close', () => reject(new Error('the connection was closed without a greeting')));
  });
}

function parse(text: string): Greeting | undefined {
  const json = /^INFO (\{.*\})\s*\n/.exec(text)?.[1];
  if (!json) return undefined;
  const info = JSON.parse(json) as { server_name?: string; version?: string; jetstream?: boolean };
  const version = /^\d+\.\d+\.\d+/.exec(info.version ?? '')?.[0];
  return version
    ? { serverName: info.server_name ?? '', version, jetstream: info.jetstream === true }
    : undefined;
}
