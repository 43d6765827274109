/** Digits of a phone number that are never shown, however short it is. */
const HIDDEN_DIGITS = 5;

/** `ada@example.com` → `a**@example.com`. The number of stars says nothing about the length; a single letter is hidden too. */
export function maskEmail(address: string): string {
  const at = address.includes('@') ? address.lastIndexOf('@') : address.length;
  return `${maskLocalPart(address.slice(0, at))}${address.slice(at)}`;
}

/** `+14155550123` → `+1415*****23`: at most the first four digits and the last two. */
export function maskPhone(phone: string): string {
  const tail = 2;
  const head = Math.max(1, Math.min(5, phone.length - tail - HIDDEN_DIGITS));
  return phone.slice(0, head) + '*'.repeat(phone.length - head - tail) + phone.slice(-tail);
}

/**
 * What follows the local part of an address. `@` is `%40` in a URL. The domain has at least two labels, the last of which begins
 * with a letter, so that `rxjs@7.8.2` is left; or it is an IP address.
 */
const AT_DOMAIN =
  /(?:@|%40)(?:(?!\d+\.\d+\.)(?:[\p{L}\p{N}-]{1,63}\.){1,8}\p{L}[\p{L}\p{N}-]|localhost\b|\[[^\]\s]{1,64}\])/giu;
const LONGEST_LOCAL_PART = 64;
/** `=` and the like end what stands in front of an address, as in `to=ada@example.com`; `'` is a part of it between letters. */
const LOCAL_PART = /(?:"[^"\r\n]{1,64}"|(?:[^\s"'`<>(),:;=@[\]\\{}|/?&]|(?<=\p{L})'(?=\p{L})){1,64})$/u;
const MASKED = /^.?\*\*\*?$/u;

/**
 * An E.164 number with its `+`, which is `%2B` in a form, as one number or in groups. Without the `+` it could be anything: an
 * id, a sequence, a time.
 */
const PHONE =
  /(\+|%2B)(?<![\w+](?:\+|%2B))([1-9]\d{6,14}(?!\d)|[1-9]\d{0,3}(?:[ .()/-]{1,3}\d{1,8}){1,5}(?!\d))/gi;

/**
 * The text with e-mail addresses and phone numbers masked as {@link maskEmail} and {@link maskPhone} do. Takes a time that grows
 * with the length of the text and no faster: what may repeat is bounded.
 */
export function maskPersons(text: string): string {
  return maskEmails(text).replace(PHONE, maskedPhone);
}

/** Looks for the `@` first: to look for a local part at every character takes ten times as long. */
function maskEmails(text: string): string {
  let masked = '';
  let end = 0;
  for (const { index } of text.matchAll(AT_DOMAIN)) {
    // With two quotes.
    const before = text.slice(Math.max(end, index - LONGEST_LOCAL_PART - 2), index);
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
