import type { Request } from 'express';
import type { TrustProxy } from './is-anyone-trusted.js';

/** `203.0.113.9:4711`, `[2001:db8::1]` or `[2001:db8::1]:4711`. */
const decorated = /^(?:(\d{1,3}(?:\.\d{1,3}){3})(?::\d{1,5})|\[([\da-f.]*:[\da-f:.]*)\](?::\d{1,5})?)$/i;

/** Whether an address may have a port or brackets, as Azure Application Gateway and IIS write it. IPv6 alone has neither. */
export function mayHavePort(address: string): boolean {
  return address.startsWith('[') || (address.includes('.') && address.includes(':'));
}

/**
 * Finds the caller as Express does, where proxies write ports or brackets: the first address from here that is no proxy of the
 * app. Express itself stops at an address that it cannot parse, which may be a proxy's; without its port, the caller would have the
 * address of that proxy.
 */
export function findCallerBehindPorts(req: Request, isTrusted: TrustProxy): string | undefined {
  let caller = req.socket.remoteAddress;
  for (const [hop, address] of readForwardedAddresses(req.headers['x-forwarded-for']).entries()) {
    if (!isTrusted(caller, hop)) break;
    caller = address;
  }
  return caller;
}

/** The addresses of `X-Forwarded-For` without ports and brackets, that of the nearest proxy's client first. */
export function readForwardedAddresses(header: string | readonly string[] | undefined): readonly string[] {
  return String(header ?? '')
    .split(',')
    .map((each) => stripPort(each.trim()))
    .reverse();
}

function stripPort(text: string): string {
  const [, ipv4, ipv6] = decorated.exec(text) ?? [];
  return ipv4 ?? ipv6 ?? text;
}
