import { connect } from 'node:net';

/** What a server tells about itself before anybody signs in: no credentials are needed to read it. */
export interface Greeting {
  serverName: string;
  /** `major.minor.patch`. */
  version: string;
  /** JetStream is on. A server of its own opens its port only after its streams are back. */
  jetstream: boolean;
}

/**
 * Reads the first line that a NATS server sends: `INFO {"version":"2.15.1",...}`.
 *
 * @throws Error when nothing listens there, something else does, or nothing comes within `timeout` milliseconds
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
      socket.destroy(greeting ? undefined : new Error('what answers there is not a NATS server'));
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
