/**
 * Fast path to a validated event, which avoids class-validator and class-transformer. Both libraries look up the rules for each
 * object, but this file looks up the rules only once for each class. `read` and `checkContract` try the fast path first.
 * fast-validator.unit.spec.ts checks that both paths return the same event and the same verdict.
 */

import {
  getMetadataStorage,
  IS_EMAIL,
  ValidationTypes,
  type ValidatorConstraintInterface,
} from 'class-validator';
import type { EventClass } from '../event-class.js';
import { needsNoTransform } from './plain-contract.js';

type Condition = (event: object, value: unknown) => unknown;
/** Returns undefined if only an asynchronous check can decide. */
type Check = (event: object, value: unknown) => boolean | undefined;

interface Field {
  name: string;
  /** Conditions of `@IsOptional` and `@ValidateIf`. The checks apply only if all conditions hold. */
  conditions: Condition[];
  checks: Check[];
}

/**
 * Recognizes valid events of one class. An event that does not pass may still be valid. In this case, class-validator must
 * decide, and report the broken rules.
 */
export class FastValidator {
  private readonly names: ReadonlySet<string>;
  /** Fields and their checks; undefined if the class has nested or asynchronous rules, which only class-validator can check. */
  private fields: readonly Field[] | undefined;
  private readonly needsNoTransform: boolean;

  constructor(private readonly type: EventClass) {
    const metadata = metadataOf(type);
    this.names = new Set(metadata.map(({ propertyName }) => propertyName));
    this.fields =
      metadata.length > 0 && metadata.every(isDecidable) ? fieldsOf(metadata, type.name) : undefined;
    this.needsNoTransform = needsNoTransform(type, this.names);
  }

  /** Returns true if every rule holds. Returns false if a rule is broken or throws, or if only class-validator can decide. */
  passes(event: object): boolean {
    try {
      return this.allPass(event);
    } catch {
      return false;
    }
  }

  private allPass(event: object): boolean {
    if (!this.fields) return false;
    for (const { name, conditions, checks } of this.fields) {
      const value = (event as Record<string, unknown>)[name];
      if (conditions.length > 0 && !conditions.every((condition) => condition(event, value))) continue;
      for (const check of checks) {
        const holds = check(event, value);
        if (holds === undefined) this.fields = undefined;
        if (!holds) return false;
      }
    }
    return true;
  }

  /**
   * Creates an instance from the known fields of `data`, as class-transformer and a whitelist would. Returns undefined if the
   * class or a value needs class-transformer.
   *
   * @param data a value from JSON
   */
  instance(data: object): object | undefined {
    if (!this.needsNoTransform) return undefined;
    const event = new (this.type as new () => object)() as Record<string, unknown>;
    for (const [name, value] of Object.entries(data)) {
      if (!this.names.has(name)) continue;
      if (typeof value === 'object' && value !== null) return undefined;
      event[name] = value;
    }
    for (const name of Object.keys(event)) if (!this.names.has(name)) delete event[name];
    return event;
  }
}

const known = new WeakMap<EventClass, FastValidator>();

/** Returns the validator of a class. Must be called after the decorators of the class have run. */
export function validatorOf(type: EventClass): FastValidator {
  let validator = known.get(type);
  if (!validator) known.set(type, (validator = new FastValidator(type)));
  return validator;
}

type Metadata = ReturnType<ReturnType<typeof getMetadataStorage>['getTargetValidationMetadatas']>[number];

/** Returns the rules that `validate` would look up without groups. */
function metadataOf(type: EventClass): Metadata[] {
  return getMetadataStorage().getTargetValidationMetadatas(type, '', false, false);
}

function isDecidable({ type, constraintCls }: Metadata): boolean {
  if (type === ValidationTypes.CONDITIONAL_VALIDATION || type === ValidationTypes.WHITELIST) return true;
  if (type !== ValidationTypes.CUSTOM_VALIDATION && type !== ValidationTypes.IS_DEFINED) return false;
  return constraintsOf(constraintCls).every(({ async }) => !async);
}

function fieldsOf(metadata: readonly Metadata[], targetName: string): Field[] {
  const fields = new Map<string, Field>();
  for (const rule of metadata) {
    const { propertyName: name, type, constraints, constraintCls } = rule;
    const field = fields.get(name) ?? { name, conditions: [], checks: [] };
    fields.set(name, field);
    if (type === ValidationTypes.CONDITIONAL_VALIDATION) field.conditions.push(constraints[0] as Condition);
    else if (type !== ValidationTypes.WHITELIST)
      field.checks.push(
        ...constraintsOf(constraintCls).map((constraint) => checkOf(rule, ruleOf(constraint), targetName)),
      );
  }
  return [...fields.values()];
}

/** Rule of class-validator. The property `instance` may be a getter that looks up the instance in a container. */
interface Rule {
  readonly instance: ValidatorConstraintInterface;
}

/** Name of the class that class-validator creates for a rule that is an object. The built-in rules are such objects. */
const CLASS_OF_OBJECT = 'CustomConstraint';

/**
 * Returns the rule of a constraint. The instance of a rule class may come from a container. Such an instance is looked up at each
 * check, because the container may be replaced.
 */
function ruleOf(constraint: Constraint): Rule {
  return constraint.target.name === CLASS_OF_OBJECT ? { instance: constraint.instance } : constraint;
}

/** Matches a string that cannot be longer than `@IsEmail()` allows. */
const SHORT_TEXT = /^[ -~]{1,64}$/;
/**
 * Options that replace the options of `@IsEmail()` for a short string, so that the bytes of the string are not counted. Counting
 * splits the string into characters, which takes longer than all other rules of an event together (docs/performance.md).
 */
const ANY_LENGTH = [{ ignore_max_length: true }];

/**
 * Returns true for `@IsEmail()` without options. class-validator does not export the rule's function, so the rule is recognized
 * by name, options and message.
 */
function isEmailRule({ name, constraints }: Metadata, { instance }: Rule): boolean {
  if (name !== IS_EMAIL || constraints?.length !== 1 || constraints[0] !== undefined) return false;
  return instance.defaultMessage?.() === '$property must be an email';
}

function checkOf(metadata: Metadata, rule: Rule, targetName: string): Check {
  const { propertyName: property, constraints, each, validateIf } = metadata;
  const isEmail = isEmailRule(metadata, rule);
  return (object, value) => {
    if (validateIf && !validateIf(object, value)) return true;
    const given = { targetName, property, object, value, constraints };
    if (isEmail && typeof value === 'string' && SHORT_TEXT.test(value)) given.constraints = ANY_LENGTH;
    if (!each) return immediate(rule.instance.validate(value, given));
    if (!Array.isArray(value)) return false;
    for (const one of value) {
      const holds = immediate(rule.instance.validate(one, given));
      if (!holds) return holds;
    }
    return true;
  };
}

/**
 * Returns the result of a rule; undefined if the rule returns a promise without being declared as asynchronous. In this case,
 * class-validator must run the rule again.
 */
function immediate(result: boolean | Promise<boolean>): boolean | undefined {
  // Any thenable counts as a promise, such as a query builder or a promise of another realm.
  if (typeof (result as Partial<Promise<boolean>> | undefined)?.then !== 'function') return Boolean(result);
  Promise.resolve(result).catch(() => undefined);
  return undefined;
}

type Constraint = ReturnType<ReturnType<typeof getMetadataStorage>['getTargetValidatorConstraints']>[number];

function constraintsOf(constraintCls: Metadata['constraintCls']): Constraint[] {
  return getMetadataStorage().getTargetValidatorConstraints(constraintCls);
}
