import { Injectable, ValidationPipe, type ArgumentMetadata } from '@nestjs/common';
import type { ValidationError } from 'class-validator';
import { BrokenRulesException, type BrokenRule } from './problem.js';

/**
 * Checks what a request carries against the class that the controller's method declares, and names every broken rule.
 * Fields that the class does not know are refused, and no type is converted.
 *
 * Bind it to HTTP controllers, `@UsePipes(RequestValidationPipe)`. It is not global, because event handlers inherit global
 * pipes and a pipe cannot tell a request from an event, which may carry fields that are newer than its reader.
 */
@Injectable()
export class RequestValidationPipe extends ValidationPipe {
  constructor() {
    super({
      whitelist: true,
      forbidNonWhitelisted: true,
      forbidUnknownValues: true,
      // To an instance of the class, which gives its defaults; implicit conversion stays off.
      transform: true,
      exceptionFactory: (errors) => new BrokenRulesException(errors.flatMap((error) => brokenRules(error))),
    });
  }

  /** A body that is no object breaks that rule and those that an empty one breaks. */
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
