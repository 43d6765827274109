import { readTopology, TopologyError } from '@cascade/topology';
import { suggestion } from '../../text/nearest.js';
import { eventNameOf } from '../../text/event-name.js';
import type { Broker } from '../broker/broker.js';
import type { Host } from '../host.js';
import type { ChannelPattern } from '../text/channel.js';

/**
 * Reports a channel that has no stored message and that the code does not declare. Reads the code only if no message is stored.
 *
 * @returns one sentence per line; empty if the channel is known
 */
export async function unknownChannel(
  { manager }: Broker,
  host: Host,
  { stream, subject }: ChannelPattern,
): Promise<string[]> {
  const { state } = await manager.streams.info(stream, { subjects_filter: subject });
  if (Object.keys(state.subjects ?? {}).length > 0) return [];
  const declared = await declaredSubjects(host);
  if (declared.some((known) => matches(subject, known))) return [];
  const [kind] = subject.split('.', 1);
  const alike = declared.filter((known) => known.startsWith(`${kind}.`)).map(eventNameOf);
  return [
    `The channel ${eventNameOf(subject)} is unknown: the code does not declare it, and no event is stored on it.`,
    suggestion(eventNameOf(subject), alike),
  ];
}

async function declaredSubjects(host: Host): Promise<string[]> {
  try {
    const { channels, processors, contracts } = await readTopology(host);
    const consumed = processors.flatMap(({ consumers }) => consumers.flatMap(({ subjects }) => subjects));
    const subjects = [...channels.map(({ subject }) => subject), ...contracts.map(({ channel }) => channel)];
    return [...new Set([...subjects, ...consumed])].filter((subject) => !/[*>]/.test(subject)).sort();
  } catch (error) {
    // Ignores the error, because `tail` must work even if the declarations cannot be read.
    if (error instanceof TopologyError) return [];
    throw error;
  }
}

function matches(pattern: string, subject: string): boolean {
  const [tokens, parts] = [pattern.split('.'), subject.split('.')];
  if (tokens.at(-1) === '>' ? parts.length < tokens.length : parts.length !== tokens.length) return false;
  return tokens.every((token, index) => token === '*' || token === '>' || token === parts[index]);
}
