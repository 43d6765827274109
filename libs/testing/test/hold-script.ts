import { startScript } from '../src/service/script.js';

// Starts another process with the same script, prints the id of that process, and runs until this process is killed.
const [role] = process.argv.slice(2);
if (role !== 'child') console.log(startScript(new URL(import.meta.url), ['child']).pid);
setInterval(() => undefined, 60_000);
