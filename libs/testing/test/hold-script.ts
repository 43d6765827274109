import { startScript } from '../src/service/script.js';

// Starts a child process with the same script, and prints the id of the child. Both processes then run until they are killed.
const [role] = process.argv.slice(2);
if (role !== 'child') console.log(startScript(new URL(import.meta.url), ['child']).pid);
setInterval(() => undefined, 60_000);
