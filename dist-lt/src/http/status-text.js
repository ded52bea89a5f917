import { STATUS_CODES } from 'node:http';
export function statusText(status) {
    return STATUS_CODES[status] ?? '';
}
//# sourceMappingURL=status-text.js.map