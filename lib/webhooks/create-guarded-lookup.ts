import { lookup } from 'node:dns';
import type { LookupAddress } from 'node:dns';
import type { LookupFunction } from 'node:net';
import { WebhookSendError } from '../ports/webhook-sender.js';
import { isPublicAddress } from './is-public-address.js';

/** Why a request was not sent, as the end of a sentence. */
export const notPublicReason = 'its host is an address that is not public';

/**
 * The lookup of a connection that is made to the internet only. It runs as the connection is made, and what it returns is connected
 * to: a name that is resolved anew, to another address, is looked at anew. One address inside is enough to refuse the name.
 */
export const lookUpPublic: LookupFunction = (hostname, options, callback) => {
  lookup(hostname, { ...options, all: true }, (error, addresses) => {
    if (error !== null) return callback(error, '', 0);
    const inside = addresses.find(({ address }) => !isPublicAddress(address));
    const [first] = addresses;
    if (inside !== undefined || first === undefined) {
      return callback(new WebhookSendError(notPublicReason), '', 0);
    }
    if (options.all === true) {
      // The type of the callback knows one form only.
      (callback as unknown as (error: null, all: readonly LookupAddress[]) => void)(null, addresses);
      return undefined;
    }
    return callback(null, first.address, first.family);
  });
};
