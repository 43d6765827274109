import { describe, expect, it } from '@jest/globals';
import { missingFrom, type SeenEvent } from './flow.js';
import { renderTree } from './tree.js';

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
  it('is complete when both processors have announced their work', () => {
    expect(missingFrom([signedUp, recorded, sent, recordedAgain])).toEqual([]);
  });

  it('lacks what has not been announced, told apart by its cause', () => {
    expect(missingFrom([])).toHaveLength(4);
    expect(missingFrom([signedUp, recorded, sent])).toEqual([
      'user.metadata-recorded after notification.sent',
    ]);
    expect(missingFrom([signedUp, sent, recordedAgain])).toEqual([
      'user.metadata-recorded after user.signed-up',
    ]);
  });
});

describe('The tree', () => {
  it('shows each event below its cause, in the order in which they were seen', () => {
    expect(renderTree([signedUp, recorded, sent, recordedAgain])).toEqual([
      'user.signed-up                signup                          3 ms',
      '├─ user.metadata-recorded     metadata-writer                11 ms',
      '└─ notification.sent          notifier                       18 ms',
      '   └─ user.metadata-recorded  metadata-writer-notifications  24 ms',
    ]);
  });

  it('draws the branch of an event that has later siblings', () => {
    const [, , branch] = renderTree([signedUp, sent, recordedAgain, recorded]);
    expect(branch).toMatch(/^│ {2}└─ user\.metadata-recorded/);
  });

  it('shows an event whose cause was not seen as a root', () => {
    expect(renderTree([sent])).toEqual(['notification.sent  notifier  18 ms']);
  });

  it('shows why a processor gave up', () => {
    const failed = {
      ...seen('5', 'failed.notifier.user.signed-up', 'notifier', '1', 30),
      failure: 'TypeError: boom',
    };
    expect(renderTree([signedUp, failed]).at(-1)).toMatch(
      /^└─ failed\.notifier\.user\.signed-up .* 30 ms {2}TypeError: boom$/,
    );
  });
});
