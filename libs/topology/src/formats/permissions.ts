import type { App, Topology } from '../topology.js';

/** The user of the command line, who provisions streams and consumers, replays failures and reads all of them. */
const OPERATOR = 'cascade';

/**
 * Users of nats-server, to be included in its configuration. Each service has a user with the least rights for its work. The command
 * line has a user with all rights. Passwords come from the server's environment.
 */
export function formatPermissions({ name, version, apps }: Topology): string {
  const services = apps.filter(({ source }) => source !== undefined);
  const variables = [OPERATOR, ...services.map((app) => app.name)].map(passwordOf);
  return `# NATS users of ${name} ${version}, derived from the code by: node cascade topology --format permissions
# In nats-server's configuration:  include ./permissions.conf
# Passwords are read from the server's environment: ${variables.join(', ')}.
# Services cannot create streams or consumers: provision with the user \`${OPERATOR}\` before they start.
authorization {
  users = [
    {
      user: ${OPERATOR}
      password: $${passwordOf(OPERATOR)}
    }
${services.map(userOf).join('')}  ]
}
`;
}

function userOf({ name, permissions }: App): string {
  return `    {
      user: ${name}
      password: $${passwordOf(name)}
      permissions: {
${listOf('publish', permissions.publish)}${listOf('subscribe', permissions.subscribe)}      }
    }
`;
}

function listOf(right: string, subjects: readonly string[]): string {
  const lines = subjects.map((subject) => `          ${JSON.stringify(subject)}\n`);
  return `        ${right}: [\n${lines.join('')}        ]\n`;
}

/** `metadata-writer` → `METADATA_WRITER_NATS_PASSWORD`. */
function passwordOf(user: string): string {
  return `${user.replaceAll('-', '_').toUpperCase()}_NATS_PASSWORD`;
}
