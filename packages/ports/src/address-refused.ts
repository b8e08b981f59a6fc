/** Error of a host name that leads to an address that is not allowed. */
export const ADDRESS_REFUSED = "EADDRNOTALLOWED";
