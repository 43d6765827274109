/** Marks that can make the text behind them run the other way. */
const DIRECTION_OVERRIDES = /[\u202a-\u202e\u2066-\u2069]/gu;
/** White space of every kind, line ends and control characters. */
const BLANKS = /[\s\p{Cc}]+/gu;

/** What a mail program needs to see a link: `://`, `@`, or a full stop (also an ideographic one) between two characters. */
const LINK_GLUE = /([.:/@\u3002\uff0e\uff61\uff20])(?=\S)/gu;

/**
 * A name as users typed it, made fit for a message to somebody: one line, and nothing that a mail program would turn into
 * a link. Anyone can sign up with another person's address, and must not be able to send that person
 * a link in our name. A space behind each full stop, colon, slash and `@` is enough: `http://evil.example`
 * becomes `http: / / evil. example`, and `J.R.R. Tolkien` becomes `J. R. R. Tolkien`.
 *
 * It is not escaped: the HTML template does that. Empty where nothing readable is left.
 */
export function displayName(name: string): string {
  return name
    .replace(DIRECTION_OVERRIDES, '')
    .replace(LINK_GLUE, '$1 ')
    .replaceAll('=?', '= ?') // An RFC 2047 encoded word: some programs decode it even inside quotes.
    .replace(BLANKS, ' ')
    .trim();
}
