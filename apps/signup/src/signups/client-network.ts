import { isIPv6 } from 'node:net';

const IPV4_MAPPED = /^::ffff:([\da-f]+):([\da-f]+)$/;

/**
 * Identifies a client by its IPv4 address, or by the /64 prefix of its IPv6 address. Providers assign a whole /64 network to a
 * client.
 */
export function clientNetwork(address: string): string {
  const [bare = ''] = address.split('%');
  if (!isIPv6(bare)) return bare;
  const canonical = new URL(`http://[${bare}]`).hostname.slice(1, -1);
  const mapped = IPV4_MAPPED.exec(canonical);
  if (mapped) return dotted(parseInt(mapped[1]!, 16), parseInt(mapped[2]!, 16));
  return `${expanded(canonical).slice(0, 4).join(':')}::/64`;
}

function dotted(high: number, low: number): string {
  return [high >> 8, high & 0xff, low >> 8, low & 0xff].join('.');
}

/** Returns the eight groups of an IPv6 address, in which `::` may stand for zeros. */
function expanded(canonical: string): string[] {
  const [head = [], tail = []] = canonical.split('::').map((part) => part.split(':').filter(Boolean));
  return [...head, ...Array<string>(8 - head.length - tail.length).fill('0'), ...tail];
}
