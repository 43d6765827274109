import { register } from 'node:module';

// Lets `node --import <this file> some.ts` run the TypeScript files of this workspace without a build.
register('./typescript-hooks.mjs', import.meta.url);
