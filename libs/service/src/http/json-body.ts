import type { FastifyInstance } from 'fastify';
import { BrokenRulesException } from './problem.js';

export const BODY_LIMIT_BYTES = 16 * 1024;

/**
 * Makes JSON the only body that is read: anything else is answered with 415. No body at all is handed on as `undefined`, so
 * that validation can name every rule which that breaks. Keys that would reach an object's prototype are refused.
 */
export function acceptOnlyJson(fastify: FastifyInstance): void {
  const parse = fastify.getDefaultJsonParser('error', 'error');
  fastify.removeAllContentTypeParsers();
  fastify.addContentTypeParser<string>('application/json', { parseAs: 'string' }, (request, body, done) => {
    if (body === '') done(null, undefined);
    else void parse(request, body, (error, value) => done(error && refusal(body, error), value));
  });
}

function refusal(body: string, cause: Error): BrokenRulesException {
  const errors = isJson(body)
    ? [{ field: 'body', rule: 'isSafe', message: 'body must not have keys such as __proto__' }]
    : [{ field: 'body', rule: 'isJson', message: 'body must be valid JSON' }];
  return new BrokenRulesException(errors, { cause });
}

function isJson(text: string): boolean {
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
}
