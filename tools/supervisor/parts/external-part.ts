import type { Part, Run } from './part.js';

/** A server that somebody else runs. It is checked at the start, and neither restarted nor stopped. */
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

/** URLs, comma-separated or one, as they may be shown. */
export function withoutCredentials(urls: string): string {
  return urls.replace(/\/\/[^/@,]*@/g, '//');
}
