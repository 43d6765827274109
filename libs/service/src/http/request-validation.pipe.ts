import { Injectable, ValidationPipe, type ArgumentMetadata } from '@nestjs/common';
import type { ValidationError } from 'class-validator';
import { BrokenRulesException, type BrokenRule } from './problem.js';

/**
 * Checks the body and the parameters of a request against the class that the controller declares. Every broken rule is listed.
 * Unknown fields are refused, and types are not converted.
 *
 * Bind this pipe to HTTP controllers with `@UsePipes(RequestValidationPipe)`. The pipe must not be global, because event handlers
 * inherit global pipes. A pipe cannot distinguish a request from an event. Unlike a request, an event may have fields that its
 * reader does not know yet.
 */
@Injectable()
export class RequestValidationPipe extends ValidationPipe {
  constructor() {
    super({
      whitelist: true,
      forbidNonWhitelisted: true,
      forbidUnknownValues: true,
      // Creates an instance of the class, with its defaults. Implicit conversion stays off.
      transform: true,
      exceptionFactory: (errors) => new BrokenRulesException(errors.flatMap((error) => brokenRules(error))),
    });
  }

  /** Checks a value. If a body is not an object, the broken rules are `isObject` and all rules that an empty object breaks. */
  override async transform(value: unknown, metadata: ArgumentMetadata): Promise<unknown> {
    if (metadata.type !== 'body' || !this.toValidate(metadata) || isObject(value)) {
      return (await super.transform(value, metadata)) as unknown;
    }
    const rule = { field: 'body', rule: 'isObject', message: 'body must be a JSON object' };
    throw new BrokenRulesException([rule, ...(await this.rulesBrokenByNothing(metadata))]);
  }

  private async rulesBrokenByNothing(metadata: ArgumentMetadata): Promise<readonly BrokenRule[]> {
    try {
      await super.transform({}, metadata);
      return [];
    } catch (error) {
      if (!(error instanceof BrokenRulesException)) throw error;
      return error.errors ?? [];
    }
  }
}

function isObject(value: unknown): boolean {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function brokenRules(error: ValidationError, parent = ''): BrokenRule[] {
  const field = parent + error.property;
  const own = Object.entries(error.constraints ?? {}).map(([rule, message]) =>
    rule === 'whitelistValidation'
      ? { field, rule: 'isKnown', message: `${field} is not a known field` }
      : { field, rule, message },
  );
  return [...own, ...(error.children ?? []).flatMap((child) => brokenRules(child, `${field}.`))];
}
