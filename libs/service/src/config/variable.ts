import { getMetadataStorage } from 'class-validator';
import 'reflect-metadata';

/** Property of a config class, and the environment variable that sets the property. */
export interface Variable {
  /** Name of the environment variable: the name of the property in UPPER_SNAKE. */
  readonly name: string;
  readonly property: string;
  readonly type: 'string' | 'number' | 'boolean';
}

const SECRET = /_(URL|DSN|SID)$|TOKEN|SECRET|PASSWORD|KEY|CREDENTIAL/;
const SHOWN_LENGTH = 60;

/** Returns the variables of a config class. Each property with class-validator rules has a variable. */
export function variablesOf(ConfigClass: new () => object): Variable[] {
  const rules = getMetadataStorage().getTargetValidationMetadatas(ConfigClass, '', false, false);
  const properties = [...new Set(rules.map((rule) => rule.propertyName))];
  return properties.map((property) => ({
    name: toVariableName(property),
    property,
    type: typeOf(ConfigClass, property),
  }));
}

/** Converts the name of a property to the name of its variable, such as `natsUrl` to `NATS_URL`. */
export function toVariableName(property: string): string {
  return property.replace(/([a-z0-9])([A-Z])/g, '$1_$2').toUpperCase();
}

/**
 * Returns the end of a message about a faulty variable. The end quotes the value, and is empty if the variable may contain a
 * credential.
 */
export function shown(name: string, value: string): string {
  if (SECRET.test(name)) return '';
  const text = value.length > SHOWN_LENGTH ? `${value.slice(0, SHOWN_LENGTH)}…` : value;
  return `, found ${JSON.stringify(text)}`;
}

function typeOf(ConfigClass: new () => object, property: string): Variable['type'] {
  const declared: unknown = Reflect.getMetadata('design:type', ConfigClass.prototype as object, property);
  if (declared === Number) return 'number';
  return declared === Boolean ? 'boolean' : 'string';
}
