/** Returns the name of an event, which may be given as its channel: `events.user.signed-up` → `user.signed-up`. */
export function eventNameOf(nameOrChannel: string): string {
  return nameOrChannel.replace(/^events\./, '');
}
