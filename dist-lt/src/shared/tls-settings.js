/** What the primary tells the workers about TLS. Survives structured clone; keys are never logged or shown. */
/** Name and two keys of session tickets, as OpenSSL wants them. */
export const TICKET_KEY_BYTES = 48;
//# sourceMappingURL=tls-settings.js.map