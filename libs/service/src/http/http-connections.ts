import type { FastifyInstance } from 'fastify';
import type { ServerResponse } from 'node:http';
import type { Socket } from 'node:net';

/** Milliseconds that a connection gets for the rest of a request, once the server takes no more connections. */
const GRACE_MS = 1_000;
const LOOK_EVERY_MS = 100;

/**
 * Ends the connections of an HTTP server that stops. Fastify's `close()` waits for all of them, also for one that never sent a
 * request or sent half of one, and for one whose answer was begun before and then left it open.
 */
export class HttpConnections {
  private readonly sockets = new Set<Socket>();
  /** Answers that are owed. */
  private readonly answers = new Set<ServerResponse>();
  private leaving = false;

  constructor(fastify: FastifyInstance) {
    fastify.server.on('connection', (socket: Socket) => {
      this.sockets.add(socket);
      socket.once('close', () => this.sockets.delete(socket));
    });
    fastify.addHook('onRequest', (_request, { raw: answer }, done) => {
      this.answers.add(answer);
      // Emitted also where the client hangs up.
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

  /** From now on each answer closes its connection: whoever sends requests on it goes elsewhere. */
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
    }, LOOK_EVERY_MS).unref();
    server.once('close', () => clearInterval(timer));
  }

  /** Those with a request that has arrived whole and is not answered to its last byte. */
  private busySockets(): Set<Socket> {
    const running = [...this.answers].filter(({ req }) => req.complete);
    return new Set(running.map(({ req }) => req.socket));
  }
}
