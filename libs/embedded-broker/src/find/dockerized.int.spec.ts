import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { findDockerized } from './dockerized.js';
import { newSearch, type TestSearch } from './search.fixture.js';

let search: TestSearch;
beforeEach(async () => {
  search = await newSearch();
});
afterEach(() => search.remove());

/** Returns the script of a fake docker that supports only the two calls of the search. Any other call fails. */
const dockerThat = ({ info = 'echo "[]"', run = "echo 'nats-server: v2.14.5'" }) => `
case "$*" in
  "info --format {{json .SecurityOptions}}") ${info} ;;
  "run --rm nats:2.14-alpine nats-server -v") ${run} ;;
  *) echo "unknown: $*" >&2; exit 125 ;;
esac`;

describe('step docker, with a fake docker', () => {
  it('takes the official image of the pinned minor version, and runs it as the user of this process', async () => {
    const command = await search.program('docker', dockerThat({}));
    await expect(findDockerized(search)).resolves.toEqual({
      from: 'docker',
      version: '2.14.5',
      command,
      container: { image: 'nats:2.14-alpine', user: `${process.getuid?.()}:${process.getgid?.()}` },
    });
  });

  it('does not set the user in a rootless engine', async () => {
    await search.program('docker', dockerThat({ info: `echo '["name=seccomp","name=rootless"]'` }));
    const { container } = await findDockerized(search);
    expect(container).toEqual({ image: 'nats:2.14-alpine' });
  });

  it('reports that the engine does not run', async () => {
    await search.program('docker', dockerThat({ info: 'echo "Cannot connect to the daemon" >&2; exit 1' }));
    await expect(findDockerized(search)).rejects.toMatchObject({
      message: 'the Docker engine does not answer: Cannot connect to the daemon',
      remedy: 'start Docker',
    });
  });

  it('reports that the image cannot be pulled', async () => {
    await search.program('docker', dockerThat({ run: 'echo "pull access denied" >&2; exit 125' }));
    await expect(findDockerized(search)).rejects.toThrow(
      'could not run nats:2.14-alpine: pull access denied',
    );
  });

  it('does not treat a missing docker as an error', async () => {
    await expect(findDockerized(search)).rejects.toMatchObject({ expected: true });
  });
});
