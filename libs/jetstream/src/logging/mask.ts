/** Number of digits of a phone number that are always hidden. */
const HIDDEN_DIGITS = 5;

/**
 * Masks an e-mail address: `ada@example.com` → `a**@example.com`. The number of stars does not show the length. A single letter
 * is hidden too.
 */
export function maskEmail(address: string): string {
  const at = address.includes('@') ? address.lastIndexOf('@') : address.length;
  return `${maskLocalPart(address.slice(0, at))}${address.slice(at)}`;
}

/** Masks a phone number: `+14155550123` → `+1415*****23`. At most the first four digits and the last two digits stay visible. */
export function maskPhone(phone: string): string {
  const tail = 2;
  const head = Math.max(1, Math.min(5, phone.length - tail - HIDDEN_DIGITS));
  return phone.slice(0, head) + '*'.repeat(phone.length - head - tail) + phone.slice(-tail);
}

/**
 * Matches the `@` and the domain of an e-mail address. In a URL, `@` is written as `%40`. The domain has at least two labels. The
 * last label begins with a letter, so that `rxjs@7.8.2` does not match. The domain may also be `localhost` or an IP address in
 * brackets.
 */
const AT_DOMAIN =
  /(?:@|%40)(?:(?!\d+\.\d+\.)(?:[\p{L}\p{N}-]{1,63}\.){1,8}\p{L}[\p{L}\p{N}-]|localhost\b|\[[^\]\s]{1,64}\])/giu;
const MAX_LOCAL_PART = 64;
/**
 * Matches the local part of an e-mail address. The match does not cross `=` and similar characters, as in `to=ada@example.com`. A
 * `'` belongs to the local part only between letters.
 */
const LOCAL_PART = /(?:"[^"\r\n]{1,64}"|(?:[^\s"'`<>(),:;=@[\]\\{}|/?&]|(?<=\p{L})'(?=\p{L})){1,64})$/u;
const MASKED = /^.?\*\*\*?$/u;

/**
 * Matches an E.164 number with its `+`, in one piece or in groups. In form data, `+` is written as `%2B`. Digits without a `+` do
 * not match, because they could also be an id, a sequence or a time.
 */
const PHONE =
  /(\+|%2B)(?<![\w+](?:\+|%2B))([1-9]\d{6,14}(?!\d)|[1-9]\d{0,3}(?:[ .()/-]{1,3}\d{1,8}){1,5}(?!\d))/gi;

/**
 * Masks all e-mail addresses and phone numbers in a string. The running time is linear in the length of the string, because all
 * repetitions in the patterns are bounded.
 */
export function maskPersons(text: string): string {
  return maskEmails(text).replace(PHONE, maskedPhone);
}

/**
 * Masks all e-mail addresses in a string. The `@` is searched for first, because a search for a local part at every character
 * takes ten times as long.
 */
function maskEmails(text: string): string {
  let masked = '';
  let end = 0;
  for (const { index } of text.matchAll(AT_DOMAIN)) {
    // A quoted local part is longer by its two quotes.
    const before = text.slice(Math.max(end, index - MAX_LOCAL_PART - 2), index);
    const [local = ''] = LOCAL_PART.exec(before) ?? [];
    if (!local || MASKED.test(local)) continue;
    masked += text.slice(end, index - local.length) + maskLocalPart(local);
    end = index;
  }
  return masked + text.slice(end);
}

function maskedPhone(found: string, plus: string, digits: string): string {
  const number = digits.replace(/\D/g, '');
  return number.length < 7 || number.length > 15 ? found : `${plus}${maskPhone(`+${number}`).slice(1)}`;
}

function maskLocalPart(local: string): string {
  const [first = '', ...others] = local;
  return `${others.length > 0 ? first : ''}**`;
}
