import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { findNatsServer } from '../find/find-nats-server.js';
import type { NatsServer } from '../find/nats-server.js';
import { writeProgram } from '../find/search.fixture.js';
import { startBroker } from './start-broker.js';

/**
 * Returns the script of a fake docker that starts the server without a container. The server listens on the published port, and
 * stores its streams in the mounted folder. The script fails on any unexpected argument.
 */
const dockerWithout = (engine: { command: string; state: string }) => `
state=${engine.state}
call=$1; shift
case $call in
  kill) exec kill -KILL "$(cat "$state/$1")" ;;
  run) ;;
  *) echo "unknown command: $call" >&2; exit 125 ;;
esac
while :; do
  case $1 in
    --rm) shift ;;
    --name) echo $$ >"$state/$2"; shift 2 ;;
    --user) [ "$2" = "$(id -u):$(id -g)" ] || exit 125; shift 2 ;;
    --publish) host=\${2%%:*} port=\${2#*:} port=\${port%:4222}; shift 2 ;;
    --volume) store=\${2%:/cascade}; shift 2 ;;
    -*) echo "unknown flag: $1" >&2; exit 125 ;;
    *) break ;;
  esac
done
[ "$1" = nats:2.14-alpine ] && [ "$2" = nats-server ] && [ "$3" = -c ] || exit 125
settings=$store\${4#/cascade}
sed -e "s#\\"/cascade\\"#\\"$store\\"#" -e "s#0.0.0.0#$host#" -e "s#: 4222#: $port#" "$settings" >"$state/settings"
exec ${engine.command} -c "$state/settings"
`;

describe('a broker in a container, with a fake docker that runs nats-server itself', () => {
  let folder: string;
  let server: NatsServer;
  let command: string;
  beforeAll(async () => {
    ({ command } = await findNatsServer());
  });
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'cascade-container-'));
    const user = `${process.getuid?.()}:${process.getgid?.()}`;
    server = {
      from: 'docker',
      version: '2.14.5',
      command: await writeProgram(join(folder, 'docker'), dockerWithout({ command, state: folder })),
      container: { image: 'nats:2.14-alpine', user },
    };
  });
  afterEach(() => rm(folder, { recursive: true, force: true }));

  it('publishes its port, keeps its store on the host, and stops', async () => {
    const broker = await startBroker({ server, storeDir: join(folder, 'store') });
    expect(broker.url).toBe(`nats://127.0.0.1:${broker.port}`);
    expect(broker.from).toBe('docker');
    await broker.stop();
    await expect(broker.exited).resolves.toEqual({ code: 0, signal: null });
  });

  it('is killed with `docker kill`, because a killed client would leave the container running', async () => {
    const broker = await startBroker({ server, storeDir: join(folder, 'store') });
    await broker.kill();
    await expect(broker.exited).resolves.toEqual({ code: null, signal: 'SIGKILL' });
  });
});
