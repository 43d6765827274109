import { EVENTS_STREAM, FAILURES_STREAM } from '@cascade/jetstream';
import { UsageError } from '../errors.js';

export interface ChannelPattern {
  stream: string;
  subject: string;
}

const STREAMS: Record<string, string> = {
  events: EVENTS_STREAM,
  replay: EVENTS_STREAM,
  failed: FAILURES_STREAM,
};

/**
 * Parses a channel, which is a subject or the name of an event. A subject may contain wildcards.
 *
 * @throws UsageError if the text is neither a subject nor a name
 */
export function parseChannel(text: string): ChannelPattern {
  const first = text.split('.', 1)[0]!;
  const subject = first in STREAMS ? text : `events.${text}`;
  if (!/^[^\s.]+(\.[^\s.]+)+$/.test(text) || /\.>./.test(text)) {
    throw new UsageError(`${JSON.stringify(text)} is not a channel.`, [
      'Use the name of an event (user.signed-up), a channel (failed.notifier.user.signed-up), or a pattern (events.user.*).',
    ]);
  }
  return { stream: STREAMS[subject.split('.', 1)[0]!]!, subject };
}
