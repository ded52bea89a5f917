/** A socket that cannot be had, said so that the reader knows what to do. */
export class ListenError extends Error {
    /** `EADDRINUSE`, `EACCES`, … */
    code;
    host;
    port;
    constructor(code, host, port, reason) {
        super(`cannot listen on ${showAuthority(host, port)}: ${reason}`);
        this.name = 'ListenError';
        this.code = code;
        this.host = host;
        this.port = port;
    }
}
/** @param code as in `error.code` of a failed `server.listen` */
export function listenError(code, host, port) {
    return new ListenError(code, host, port, reasonOf(code, host, port));
}
function reasonOf(code, host, port) {
    switch (code) {
        case 'EADDRINUSE':
            return `another process uses port ${port}; stop it ("ss -ltnp sport = :${port}" shows it) or choose another port`;
        case 'EACCES':
        case 'EPERM':
            return port < 1024
                ? `permission denied; ports below 1024 need the capability CAP_NET_BIND_SERVICE (systemd: ` +
                    'AmbientCapabilities=CAP_NET_BIND_SERVICE), or choose a port from 1024 up'
                : 'permission denied by the system (a security policy such as SELinux?)';
        case 'EADDRNOTAVAIL':
            return `${host} is no address of this machine; use one that is, or 0.0.0.0 for all of them`;
        case 'EAFNOSUPPORT':
            return 'this machine has no IPv6; use an IPv4 address such as 0.0.0.0';
        case 'EMFILE':
        case 'ENFILE':
            return 'too many open files; raise LimitNOFILE (ulimit -n)';
        default:
            return code;
    }
}
function showAuthority(host, port) {
    return host.includes(':') ? `[${host}]:${port}` : `${host}:${port}`;
}
//# sourceMappingURL=listen-error.js.map