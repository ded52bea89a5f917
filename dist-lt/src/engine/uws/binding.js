/** What the engine uses of µWebSockets.js; the module itself is loaded by `native-bindings/uwebsockets.ts`. */
/** No other socket may listen on the port; without it any number of them share it (SO_REUSEPORT). */
export const LISTEN_EXCLUSIVE = 1;
//# sourceMappingURL=binding.js.map