import { startScript } from '../src/service/script.js';

// Starts itself again, prints the id of that process, and runs until it is killed.
const [role] = process.argv.slice(2);
if (role !== 'child') console.log(startScript(new URL(import.meta.url), ['child']).pid);
setInterval(() => undefined, 60_000);
