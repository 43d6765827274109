/** What `NotificationSent.recipient` may hold. */
const LONGEST_RECIPIENT = 320;
/** Digits of a phone number that are never shown, however short it is. */
const HIDDEN_DIGITS = 5;

/** `ada@example.com` → `a**@example.com`. The number of stars says nothing about the length; a single letter is hidden too. */
export function maskEmail(address: string): string {
  const at = address.lastIndexOf('@');
  const [first = '', ...others] = [...address.slice(0, at)];
  return `${others.length > 0 ? first : ''}**${address.slice(at)}`.slice(0, LONGEST_RECIPIENT);
}

/** `+14155550123` → `+1415*****23`: at most the first four digits and the last two. */
export function maskPhone(phone: string): string {
  const tail = 2;
  const head = Math.max(1, Math.min(5, phone.length - tail - HIDDEN_DIGITS));
  return phone.slice(0, head) + '*'.repeat(phone.length - head - tail) + phone.slice(-tail);
}
