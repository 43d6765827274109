import type { Part, Run } from './part.js';

/**
 * Creates a part for a server that this system does not run itself. The server is checked at the start, and never restarted or
 * stopped.
 */
export function externalPart(
  name: string,
  check: () => Promise<Pick<Run, 'url' | 'address' | 'note'>>,
): Part {
  return {
    name,
    async start(): Promise<Run> {
      return {
        ...(await check()),
        ended: new Promise<never>(() => undefined),
        stop: () => Promise.resolve(),
        kill: () => undefined,
      };
    },
  };
}

/** Removes user and password from a URL, or from a comma-separated list of URLs. */
export function withoutCredentials(urls: string): string {
  return urls.replace(/\/\/[^/@,]*@/g, '//');
}
