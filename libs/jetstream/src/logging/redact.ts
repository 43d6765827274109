import { maskPersons } from './mask.js';

const HIDDEN = '***';

/** Matches a part of the name of a credential with its suffix, as in `secretAccessKey` or `AWS_SECRET_ACCESS_KEY`. */
const NAME = String.raw`(?:pass(?:word|wd|wort|phrase|code)?|pwd|secret|token|credential|(?:api|access|private|secret|account|signing|encryption|master)[_-]?key)(?:[_-]?(?:access|key|value|string|text|hash|base64|\d{1,3}|s)){0,3}`;
/** Matches the separator of a name and its value: `=`, `: `, `" : `, `\" => `, `%3D`. JSON within JSON escapes its quotes. */
const IS = String.raw`[\\"'\x60\])]{0,8}\s{0,20}(?:[:=]{1,3}>?|%3[AD])\s{0,20}`;
/**
 * Matches a quoted value up to the same quote with the same escapes. If the closing quote was cut off, the match extends to the
 * end of the line.
 */
const QUOTED = String.raw`(?<escape>\\{0,7})(?<quote>["'\x60])(?:(?!(?<!\\)\k<escape>\k<quote>)[^\r\n])*`;
const NESTED = String.raw`[[{][^\]}]{0,1000}`;
const END = String.raw`[\s"'\x60,;&)\]}\\]|$`;
/**
 * Matches a value without quotes. A character that may end the value ends it only before another such character or before a name.
 */
const PLAIN = String.raw`(?!(?:undefined|null|true|false)(?:${END}))(?:[^\s"'\x60,;&)\]}\\]|[,;&)\]}\\](?!${END}|[\w.-]{1,40}["']?\s?[=:]))+`;
const VALUE = `(?:${QUOTED}|${NESTED}|${PLAIN})`;

/**
 * Patterns of credentials in the messages of clients and servers. The text in the group `kept` stays visible. The running time of
 * each pattern is linear in the length of the string. Each repetition is bounded, or can match in only one way.
 */
const CREDENTIALS = [
  // Keys in PEM and seeds of NATS. The end may have been cut off.
  /(?<kept>-----BEGIN [A-Z0-9 ]{0,40}(?:PRIVATE KEY|SEED)[A-Z ]{0,10}-----)(?:(?!-----END)[^])+/g,
  // nats://user:p@ssword@host, https://token@host
  /(?<kept>\b[a-z][a-z0-9+.-]{1,20}:\/\/)[^\s/?#"'`<>]{1,1000}(?=@)/gi,
  // postgres://user:pass/word@host, but not http://host:80/a@b
  /(?<kept>\b(?!https?:|wss?:)[a-z][a-z0-9+.-]{1,20}:\/\/)[^\s/?#@:"'`<>]{0,200}:(?:(?!:\/\/)[^\s"'`<>]){1,1000}(?=@)/gi,
  /(?<kept>\b(?:http|ws)s?:\/\/)[^\s/?#@:"'`<>]{1,200}:(?!\d{1,5}[/?#])(?:(?!:\/\/)[^\s"'`<>]){1,1000}(?=@)/gi,
  // Authorization: Digest user="abc", Cookie: a=b; c=d
  new RegExp(`(?<kept>(?:authorization|cookie)${IS})(?:${QUOTED}|${NESTED}|(?!\\s|\\*{3})[^\\r\\n]+)`, 'gi'),
  /(?<kept>\b(?:bearer|basic)\s{1,20})(?!auth|(?:realm|scheme|tokens?|credentials?|access)\b)[A-Za-z0-9+/=._~-]{8,}/gi,
  // AUTH PLAIN AGFubgBzZWNyZXQ=, but not AUTH PLAIN LOGIN
  /(?<kept>\bAUTH (?:PLAIN|LOGIN|XOAUTH2) )(?=[A-Z+/=]*[a-z0-9])(?=[a-z+/=]*[A-Z0-9])[A-Za-z0-9+/=]{8,}/g,
  // password=abc, "apiKey": "abc", AUTH_TOKEN: abc, \"secret\":\"abc\"
  new RegExp(`(?<kept>${NAME}${IS})${VALUE}`, 'gi'),
  // password "abc", --password abc
  new RegExp(`(?<kept>\\b(?:pass(?:word|wd|phrase)|pwd)\\s{1,20})${QUOTED}`, 'gi'),
  new RegExp(`(?<kept>(?<![\\w-])--?(?:\\w{1,20}-){0,3}${NAME}\\s{1,20})(?!-)${VALUE}`, 'gi'),
  // curl -u ann:abc
  /(?<kept>(?<!\S)(?:-u|--user)[ =][^\s:]{1,200}:)\S+/g,
  // auth: { user: 'ann', pass: 'abc' }, _auth="abc"
  new RegExp(`(?<kept>\\b_?auth${IS})(?:${QUOTED}|${NESTED})`, 'gi'),
  // ?sig=abc, X-Amz-Signature=abc
  /(?<kept>(?:\b|-)(?:sig|signature)(?:=|%3D))[^\s"'`&]+/gi,
  // Failed query: select $1\nparams: abc
  /(?<kept>(?:\n|\\n)params: )(?:(?!(?:\n|\\n) {4}at )[^])+/g,
  // Values with a known form: JWT, NATS seed, keys of AWS, GitHub, GitLab, Slack, Stripe, Twilio, SendGrid, npm.
  /(?<![\w-])(?:eyJ[\w-]{5,}\.[\w-]{5,}(?:\.[\w-]*){0,3}|S[ACNOUX][A-Z2-7]{56}|(?:AKIA|ASIA)[A-Z0-9]{16}|(?:gh[opsu]|npm)_\w{30,}|glpat-[\w-]{20,}|xox[a-z]-[\w-]{10,}|[rs]k_(?:live|test)_\w{10,}|SK[0-9a-f]{32}|SG\.[\w-]{20,}\.[\w-]{20,})/g,
];

/** Hides everything that looks like a credential, and masks e-mail addresses and phone numbers. */
export function redact(text: string): string {
  return maskPersons(CREDENTIALS.reduce((redacted, pattern) => redacted.replace(pattern, hidden), text));
}

/** Returns true if {@link redact} hides a value with this name. */
export function isCredential(name: string): boolean {
  return redact(`${name}="x"`).endsWith(`"${HIDDEN}"`);
}

function hidden(...match: unknown[]): string {
  const { kept = '', escape = '', quote = '' } = (match.at(-1) ?? {}) as Record<string, string | undefined>;
  return `${kept}${escape}${quote}${HIDDEN}`;
}
