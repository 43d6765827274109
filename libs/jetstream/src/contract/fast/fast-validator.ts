import {
  getMetadataStorage,
  IS_EMAIL,
  ValidationTypes,
  type ValidatorConstraintInterface,
} from 'class-validator';
import type { EventClass } from '../event-class.js';
import { needsNoTransform } from './plain-contract.js';

type Condition = (event: object, value: unknown) => unknown;
/** Undefined where it cannot be told at once. */
type Check = (event: object, value: unknown) => boolean | undefined;

interface Field {
  name: string;
  /** All must be true for the checks to apply: those of `@IsOptional` and `@ValidateIf`. */
  conditions: Condition[];
  checks: Check[];
}

/**
 * The fast way to a checked event, in place of class-validator and class-transformer. It looks up the rules of a contract once
 * for its class; they look them up for each object, and prepare a report in case a rule is broken.
 *
 * It only tells a sound event from one that needs a closer look. An event that does not pass goes to class-validator, which decides
 * and words the report.
 */
export class FastValidator {
  private readonly names: ReadonlySet<string>;
  /** None where this class cannot be judged here: nested or asynchronous rules. */
  private fields: readonly Field[] | undefined;
  private readonly needsNoTransform: boolean;

  constructor(private readonly type: EventClass) {
    const metadata = metadataOf(type);
    this.names = new Set(metadata.map(({ propertyName }) => propertyName));
    this.fields = metadata.length > 0 && metadata.every(isJudged) ? fieldsOf(metadata, type.name) : undefined;
    this.needsNoTransform = needsNoTransform(type, this.names);
  }

  /** True if every rule holds. False also if that cannot be told here, or if a rule throws. */
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
   * An instance with the known fields of `data`, which must come from JSON: what class-transformer makes of it, and without what a
   * whitelist leaves out. Undefined where the class or a value asks for more.
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

/** Its decorators have run by the time that there is an event of it. */
export function validatorOf(type: EventClass): FastValidator {
  let rules = known.get(type);
  if (!rules) known.set(type, (rules = new FastValidator(type)));
  return rules;
}

type Metadata = ReturnType<ReturnType<typeof getMetadataStorage>['getTargetValidationMetadatas']>[number];

/** As `validate` asks for them, without groups. */
function metadataOf(type: EventClass): Metadata[] {
  return getMetadataStorage().getTargetValidationMetadatas(type, '', false, false);
}

function isJudged({ type, constraintCls }: Metadata): boolean {
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

/** Judges a value. `instance` is looked up each time, because it may come from a container. */
interface Rule {
  readonly instance: ValidatorConstraintInterface;
}

/** What class-validator calls the class that it makes of a rule that is an object, as its own rules are. */
const CLASS_OF_OBJECT = 'CustomConstraint';

/** A rule that is a class may come from a container, which must be asked each time: it may be closed, and another in its place. */
function ruleOf(constraint: Constraint): Rule {
  return constraint.target.name === CLASS_OF_OBJECT ? { instance: constraint.instance } : constraint;
}

/** Of what `@IsEmail()` asks, a string of these is never too long. */
const SHORT = /^[ -~]{1,64}$/;
/**
 * What is asked of it instead, so that nobody counts its bytes: for that it would be taken apart into its characters, which takes
 * longer than all other rules of an event together.
 */
const ANY_LENGTH = [{ ignore_max_length: true }];

/**
 * Whether it is `@IsEmail()` without options. class-validator does not let its function be seen; a rule of one's own is told from
 * it by its name or its message, or by the options that it has.
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
    if (isEmail && typeof value === 'string' && SHORT.test(value)) given.constraints = ANY_LENGTH;
    if (!each) return atOnce(rule.instance.validate(value, given));
    if (!Array.isArray(value)) return false;
    for (const one of value) {
      const holds = atOnce(rule.instance.validate(one, given));
      if (!holds) return holds;
    }
    return true;
  };
}

/** A rule may turn out to be asynchronous without having said so: it is asked again by class-validator, which waits. */
function atOnce(result: boolean | Promise<boolean>): boolean | undefined {
  // Any thenable: a query builder and a promise of another realm are answers to wait for as well.
  if (typeof (result as Partial<Promise<boolean>> | undefined)?.then !== 'function') return Boolean(result);
  Promise.resolve(result).catch(() => undefined);
  return undefined;
}

type Constraint = ReturnType<ReturnType<typeof getMetadataStorage>['getTargetValidatorConstraints']>[number];

function constraintsOf(constraintCls: Metadata['constraintCls']): Constraint[] {
  return getMetadataStorage().getTargetValidatorConstraints(constraintCls);
}
