import type { Blueprint } from '../../generator/blueprint/blueprint.js';

/**
 * Returns the commands with which a user can test a new processor, run it and try it out. Omits `npm start` if a system already
 * runs.
 */
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
