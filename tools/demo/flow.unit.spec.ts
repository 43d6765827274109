import { describe, expect, it } from '@jest/globals';
import { missingFrom, type SeenEvent } from './flow.js';

function seen(
  id: string,
  name: string,
  source: string,
  causationId: string | undefined,
  afterMs: number,
): SeenEvent {
  return { id, name, source, causationId, afterMs, correlationId: 'flow' };
}

const signedUp = seen('1', 'user.signed-up', 'signup', undefined, 3.4);
const recorded = seen('2', 'user.metadata-recorded', 'metadata-writer', '1', 11);
const sent = seen('3', 'notification.sent', 'notifier', '1', 18);
const recordedAgain = seen('4', 'user.metadata-recorded', 'metadata-writer-notifications', '3', 24);

describe('A flow', () => {
  it('is complete when both processors have published their events', () => {
    expect(missingFrom([signedUp, recorded, sent, recordedAgain])).toEqual([]);
  });

  it('lacks unpublished events, distinguished by their cause', () => {
    expect(missingFrom([])).toHaveLength(4);
    expect(missingFrom([signedUp, recorded, sent])).toEqual([
      'user.metadata-recorded after notification.sent',
    ]);
    expect(missingFrom([signedUp, sent, recordedAgain])).toEqual([
      'user.metadata-recorded after user.signed-up',
    ]);
  });
});
