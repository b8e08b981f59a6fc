import { lookup } from "node:dns";
import type { LookupFunction } from "node:net";
import { ADDRESS_REFUSED } from "./address-refused.ts";

/** Resolves a name and refuses it when one of its addresses is not allowed: the connection goes to none of the others. */
export function guardedLookup(isAddressAllowed: (address: string) => boolean): LookupFunction {
  return (hostname, options, answer) => {
    lookup(hostname, { ...options, all: true }, (error, addresses) => {
      if (error) return answer(error, "", 0);
      const refused = addresses.find(({ address }) => !isAddressAllowed(address));
      const [first] = addresses;
      if (refused || !first) {
        const text = `${hostname} leads to ${refused?.address ?? "no address"}`;
        return answer(Object.assign(new Error(text), { code: ADDRESS_REFUSED }), "", 0);
      }
      return options.all ? answer(null, addresses) : answer(null, first.address, first.family);
    });
  };
}
