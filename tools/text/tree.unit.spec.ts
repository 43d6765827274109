import { describe, expect, it } from '@jest/globals';
import { renderTree, type Step } from './tree.js';

function step(
  id: string,
  name: string,
  source: string,
  causationId: string | undefined,
  afterMs: number,
): Step {
  return { id, name, source, causationId, afterMs };
}

const signedUp = step('1', 'user.signed-up', 'signup', undefined, 3.4);
const recorded = step('2', 'user.metadata-recorded', 'metadata-writer', '1', 11);
const sent = step('3', 'notification.sent', 'notifier', '1', 18);
const recordedAgain = step('4', 'user.metadata-recorded', 'metadata-writer-notifications', '3', 24);

describe('The tree of a flow', () => {
  it('shows each step below its cause, in order', () => {
    expect(renderTree([signedUp, recorded, sent, recordedAgain])).toEqual([
      'user.signed-up                signup                          3 ms',
      '├─ user.metadata-recorded     metadata-writer                11 ms',
      '└─ notification.sent          notifier                       18 ms',
      '   └─ user.metadata-recorded  metadata-writer-notifications  24 ms',
    ]);
  });

  it('draws the branch of a step that has later siblings', () => {
    const [, , branch] = renderTree([signedUp, sent, recordedAgain, recorded]);
    expect(branch).toMatch(/^│ {2}└─ user\.metadata-recorded/);
  });

  it('shows a step without a known cause as a root', () => {
    expect(renderTree([sent])).toEqual(['notification.sent  notifier  18 ms']);
  });

  it('shows the note of a step, and lets the caller decorate the line', () => {
    const failed = {
      ...step('5', 'failed.notifier.user.signed-up', 'notifier', '1', 30_000),
      note: 'TypeError: boom',
    };
    const tree = renderTree([signedUp, failed], (line, { note }) => (note ? `<${line}>` : line));
    expect(tree.at(-1)).toMatch(/^<└─ failed\.notifier\.user\.signed-up .* 30\.0 s {2}TypeError: boom>$/);
  });

  it('shows every step once, even if steps cause each other or themselves, or occur twice', () => {
    const [a, b, itself] = [
      step('a', 'a', '', 'b', 0),
      step('b', 'b', '', 'a', 1),
      step('c', 'c', '', 'c', 2),
    ];
    expect(renderTree([a, b, itself].map((one) => ({ ...one, source: 's' })))).toEqual([
      'c     s  2 ms',
      'a     s  0 ms',
      '└─ b  s  1 ms',
    ]);
    expect(renderTree([signedUp, sent, sent, recordedAgain])).toHaveLength(4);
  });
});
