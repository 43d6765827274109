import type { Blueprint } from '../../generator/blueprint/blueprint.js';

/** What to do with a new processor: test it, run it unless a system runs already, see it at work. */
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

/** As one word of a shell. */
function quoted(text: string): string {
  return `'${text.replaceAll("'", String.raw`'\''`)}'`;
}
