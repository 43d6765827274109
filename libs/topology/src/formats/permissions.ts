import type { App, Topology } from '../topology.js';

/** User of the command line. This user provisions and reads all streams and consumers, and replays failures. */
const OPERATOR = 'cascade';

/**
 * Returns the definitions of the users, for inclusion in the configuration of nats-server. Each service has a user with only the
 * rights that its work needs. The command line has a user with all rights. Passwords come from the server's environment.
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

/** Returns the name of the variable with a user's password, such as `METADATA_WRITER_NATS_PASSWORD` for `metadata-writer`. */
function passwordOf(user: string): string {
  return `${user.replaceAll('-', '_').toUpperCase()}_NATS_PASSWORD`;
}
