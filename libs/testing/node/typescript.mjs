import { register } from 'node:module';

// `node --import <this file> some.ts` runs TypeScript of this workspace without a build.
register('./typescript-hooks.mjs', import.meta.url);
