import type { Blueprint } from '../../generator/blueprint/blueprint.js';

/** Returns commands that test a new processor, run it unless a system already runs, and show it at work. */
export function nextCommands(
  { name, app, consumes, failuresOf, channel }: Blueprint,
  isRunning: boolean,
): string[] {
  return [
    `npm test -- ${app.sources}/${name}`,
    ...(isRunning ? [] : ['npm start']),
    failuresOf
      ? `node cascade tail ${channel}`
      : `node cascade publish ${consumes.event} ${quoted(JSON.stringify(consumes.sample))}`,
  ];
}

/** Quotes a string as a single word for a shell. */
function quoted(text: string): string {
  return `'${text.replaceAll("'", String.raw`'\''`)}'`;
}
