import { validateSync, type ValidationError } from 'class-validator';
import { InvalidConfigError } from './invalid-config-error.js';
import { unknownVariables } from './unknown-variables.js';
import { shown, variablesOf, type Variable } from './variable.js';

/** Config class with an optional method that lists contradictions between its values, one sentence for each contradiction. */
interface MayContradict {
  contradictions?(): string[];
}

/**
 * Reads the environment into a typed object. A property with class-validator rules gets the value of the variable with the same
 * name in UPPER_SNAKE (`natsUrl` from `NATS_URL`). The initializer of the property is the default. An empty variable counts as
 * not set. Numbers and booleans are parsed strictly. For example, `3000x` is not a number, and the only booleans are `true` and
 * `false`.
 *
 * @param env Default: the environment of this process. If that environment has faults, they are printed without a stack, and the
 *   process exits with 1.
 * @throws InvalidConfigError with all faults: invalid values, missing values, contradictions, and unknown variables that look
 *   like known variables
 */
export function readConfig<Config extends object>(
  ConfigClass: new () => Config,
  env?: NodeJS.ProcessEnv,
): Config {
  if (env) return configFrom(ConfigClass, env);
  try {
    return configFrom(ConfigClass, process.env);
  } catch (error) {
    if (!(error instanceof InvalidConfigError)) throw error;
    process.stderr.write(`cannot start: ${error.message}\n`);
    process.exit(1);
  }
}

function configFrom<Config extends object>(ConfigClass: new () => Config, env: NodeJS.ProcessEnv): Config {
  const config: Config & MayContradict = new ConfigClass();
  const variables = variablesOf(ConfigClass);
  const unreadable = variables.flatMap((variable) => assign(config, variable, env[variable.name]) ?? []);
  const broken = brokenRules(config, variables, env).filter(
    ({ property }) => !unreadable.some((other) => other.property === property),
  );
  const names = variables.map(({ name }) => name);
  const faults = [
    ...[...unreadable, ...broken].map(({ fault }) => fault),
    ...(config.contradictions?.() ?? []),
    ...unknownVariables(env, names),
  ];
  if (faults.length > 0) throw new InvalidConfigError(faults);
  return config;
}

interface Fault {
  property: string;
  fault: string;
}

/** Sets the property to the value of its variable. Returns a fault if the value does not fit the property's type. */
function assign(
  config: object,
  { name, property, type }: Variable,
  text: string | undefined,
): Fault | undefined {
  if (text === undefined || text === '') return undefined;
  const value = convert(text, type);
  if (value === undefined) {
    const expected = type === 'number' ? 'a number' : 'true or false';
    return { property, fault: `${name} must be ${expected}${shown(name, text)}` };
  }
  Object.assign(config, { [property]: value });
  return undefined;
}

function convert(text: string, type: Variable['type']): string | number | boolean | undefined {
  if (type === 'string') return text;
  if (type === 'number') return /^-?\d+(\.\d+)?$/.test(text) ? Number(text) : undefined;
  return text === 'true' ? true : text === 'false' ? false : undefined;
}

function brokenRules(config: object, variables: Variable[], env: NodeJS.ProcessEnv): Fault[] {
  return validateSync(config).flatMap((error) => {
    const variable = variables.find(({ property }) => property === error.property);
    return variable ? describe(error, variable, env[variable.name]) : [];
  });
}

function describe(error: ValidationError, { name, property }: Variable, text = ''): Fault[] {
  if (error.value === undefined) return [{ property, fault: `${name} is missing` }];
  return Object.values(error.constraints ?? {}).map((message) => {
    const rule = message.startsWith(property) ? name + message.slice(property.length) : `${name}: ${message}`;
    return { property, fault: rule + shown(name, text) };
  });
}
