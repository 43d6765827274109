/** The name of an event that may be given by its channel: `events.user.signed-up` → `user.signed-up`. */
export function eventNameOf(nameOrChannel: string): string {
  return nameOrChannel.replace(/^events\./, '');
}
