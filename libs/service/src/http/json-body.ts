import type { FastifyInstance } from 'fastify';
import { isBounded, MAX_MEMBERS, MAX_NESTING } from './body-bounds.js';
import { BrokenRulesException, type BrokenRule } from './problem.js';

export const BODY_LIMIT_BYTES = 16 * 1024;

const OUT_OF_BOUNDS: BrokenRule = {
  field: 'body',
  rule: 'isBounded',
  message:
    `body must not nest deeper than ${MAX_NESTING} levels, nor have more than ${MAX_MEMBERS} ` +
    'keys and array elements',
};

/**
 * Accepts only bodies of the type `application/json`, and responds to other types with 415. An empty body becomes `undefined`, so
 * that validation can list every broken rule. Two kinds of bodies are refused: bodies with keys that would reach an object's
 * prototype, and bodies that would slow validation down (see {@link isBounded}).
 */
export function acceptOnlyJson(fastify: FastifyInstance): void {
  const parse = fastify.getDefaultJsonParser('error', 'error');
  fastify.removeAllContentTypeParsers();
  fastify.addContentTypeParser<string>('application/json', { parseAs: 'string' }, (request, body, done) => {
    if (body === '') done(null, undefined);
    else {
      void parse(request, body, (error: Error | null, value?: unknown) => {
        if (error) done(refusal(body, error));
        else if (!isBounded(value)) done(new BrokenRulesException([OUT_OF_BOUNDS]));
        else done(null, value);
      });
    }
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
