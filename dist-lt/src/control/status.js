export class GatewayStatus {
    startedAt = new Date();
    phase = 'starting';
    inForce = null;
    lastReload = null;
    workerRestarts = 0;
    /** As the workers reported them with their last `ack`. */
    plugins = [];
}
//# sourceMappingURL=status.js.map