import { Logger } from '@nestjs/common';
import type { FastifyInstance, FastifyRequest } from 'fastify';

/** Minimum interval between two warnings, in milliseconds. Warnings are limited, because any client can send the header. */
const WARN_EVERY = 60 * 60 * 1_000;

/**
 * Logs a warning if `X-Forwarded-For` comes from an address that `TRUST_PROXY` does not list. If the address belongs to a proxy,
 * all clients behind the proxy count as one client and share a quota.
 */
export function warnOfUntrustedProxies(fastify: FastifyInstance): void {
  const logger = new Logger('HTTP');
  let warnedAt = -Infinity;
  fastify.addHook('onRequest', (request, _reply, done) => {
    if (request.headers['x-forwarded-for'] !== undefined && !isTrusted(request)) {
      const now = performance.now();
      if (now - warnedAt >= WARN_EVERY) {
        warnedAt = now;
        const sender = request.socket.remoteAddress ?? 'an unknown address';
        logger.warn(
          `X-Forwarded-For from ${sender} is ignored, because TRUST_PROXY does not list that address. All clients behind it ` +
            `count as one. If it is your proxy, set TRUST_PROXY=${sender}.`,
        );
      }
    }
    done();
  });
}

/** Returns true if the sender is trusted. Fastify then lists the forwarded addresses in addition to the sender's address. */
function isTrusted({ ips = [] }: FastifyRequest): boolean {
  return ips.length > 1;
}
