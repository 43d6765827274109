import type { FastifyInstance } from 'fastify';
import type { ServerResponse } from 'node:http';
import type { Socket } from 'node:net';

/** Time to receive the rest of a request after the server has stopped accepting connections, in milliseconds. */
const GRACE_MS = 1_000;
const CHECK_EVERY_MS = 100;

/**
 * Ends the connections of a stopping HTTP server. Fastify's `close()` waits for all connections, even if a client has sent no
 * request or only half of a request. `close()` also waits if a response that began before the stop leaves its connection open.
 */
export class HttpConnections {
  private readonly sockets = new Set<Socket>();
  /** Responses in progress. */
  private readonly answers = new Set<ServerResponse>();
  private leaving = false;

  constructor(fastify: FastifyInstance) {
    fastify.server.on('connection', (socket: Socket) => {
      this.sockets.add(socket);
      socket.once('close', () => this.sockets.delete(socket));
    });
    fastify.addHook('onRequest', (_request, { raw: answer }, done) => {
      this.answers.add(answer);
      // The 'close' event is emitted even if the client hangs up.
      answer.once('close', () => this.answers.delete(answer));
      done();
    });
    fastify.addHook('onSend', (_request, reply, _payload, done) => {
      if (this.leaving) void reply.header('connection', 'close');
      done();
    });
    fastify.addHook('preClose', (done) => {
      this.leave();
      this.endAfterGrace(fastify);
      done();
    });
  }

  /** Adds `connection: close` to each later response, so that clients send their next requests to other servers. */
  leave(): void {
    this.leaving = true;
  }

  private endAfterGrace({ server }: FastifyInstance): void {
    if (!server.listening) return;
    const graceEnds = performance.now() + GRACE_MS;
    const timer = setInterval(() => {
      if (performance.now() < graceEnds) return;
      const busy = this.busySockets();
      for (const socket of this.sockets) if (!busy.has(socket)) socket.destroy();
    }, CHECK_EVERY_MS).unref();
    server.once('close', () => clearInterval(timer));
  }

  /** Returns the sockets of requests that have arrived completely, but whose responses are not complete yet. */
  private busySockets(): Set<Socket> {
    const running = [...this.answers].filter(({ req }) => req.complete);
    return new Set(running.map(({ req }) => req.socket));
  }
}
